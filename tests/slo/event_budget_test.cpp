#include "slo/event_budget.h"

#include <cmath>

#include "tests/slo/sim.h"
#include "tests/support/doctest.h"

using namespace slo;           // the subject of this file
using namespace slo::testing;  // the machine

namespace {

std::shared_ptr<SloSpec> events_spec(const char* objective, std::int64_t interval_ms = 60'000) {
  auto spec = std::make_shared<SloSpec>();
  spec->service = "shop";
  spec->name = "checkout";
  spec->objective = parse_objective(objective).value();
  spec->source = SourceKind::kEvents;
  spec->budgeting = BudgetingMethod::kOccurrences;
  spec->interval_ms = spec->timeout_ms = interval_ms;
  return spec;
}

// A slice that ends now.
void slice(Machine& machine, SloId id, std::int64_t ms, EventCount count) {
  const std::int64_t begin_ns = machine.boot_ns();
  machine.engine().on_sent(id, begin_ns, machine.now());
  machine.pass(ms);
  REQUIRE(machine.engine().on_events(id, {begin_ns, machine.boot_ns(), count}, machine.now()));
  machine.engine().on_sent(id, machine.boot_ns(), machine.now());
  machine.step();
}

}  // namespace

TEST_CASE("one busy hour with failures weighs as much as it had traffic") {
  Machine machine;
  machine.start();
  auto spec = events_spec("99");
  spec->window_ms = kDayMs;
  spec->alert_rows = {};
  const SloId id = machine.add(spec);
  for (int minute = 0; minute < 24 * 60; ++minute) {
    const bool busy = minute / 60 == 20;
    slice(machine, id, kMinuteMs, busy ? EventCount{9000, 1000} : EventCount{100, 0});
  }
  const Judgement j = machine.judge(id);
  CHECK(1 - j.window().uptime.known == doctest::Approx(0.0813).epsilon(0.001));
  CHECK(j.verdict == Verdict::kViolated);
  CHECK(j.budget.total_events == doctest::Approx(0.01 * 738'000));
  CHECK(j.budget.consumed_events == 60'000);
  CHECK(j.counters.events_bad == 60'000);
}

TEST_CASE("a stretch without traffic is measured, and undefined only by itself") {
  Machine machine;
  machine.start();
  auto spec = events_spec("99");
  spec->window_ms = kDayMs;
  const SloId id = machine.add(spec);
  for (int minute = 0; minute < 24 * 60; ++minute) {
    slice(machine, id, kMinuteMs, minute < 600 ? EventCount{99, 1} : EventCount{});
  }
  Judgement j = machine.judge(id);
  CHECK(j.window().uptime.known == 0.99);
  CHECK(j.window().uptime.coverage == 1);
  CHECK(j.verdict == Verdict::kMet);
  CHECK(std::isnan(j.windows.front().uptime.known));  // of the last minutes
  CHECK(std::isnan(j.windows.front().burn));
  CHECK(j.windows.front().uptime.coverage == 1);
  CHECK_FALSE(j.stale);
  spec = std::make_shared<SloSpec>(*spec);
  spec->no_events = NoEvents::kGood;
  machine.add(spec);
  machine.step();
  j = machine.judge(id);
  CHECK(j.windows.front().uptime.known == 1);
  CHECK(j.windows.front().burn == 0);
}

TEST_CASE("the verdict is open as long as time that nobody saw could turn it") {
  const Objective objective = parse_objective("90").value();
  EventTotals totals{{95, 5}, 500, 0, 0};
  CHECK(verdict(objective, 1000, totals, 0) == Verdict::kMet);  // the rest is still to come
  totals.unknown_ms = 75;  // 15 events more: 20 of 200, all that may be
  CHECK(verdict(objective, 1000, totals, 0) == Verdict::kMet);
  totals.unknown_ms = 76;
  CHECK(verdict(objective, 1000, totals, 0) == Verdict::kUndetermined);
  CHECK(verdict(objective, 1000, EventTotals{{95, 5}, 500, 0, 0}, 76) == Verdict::kUndetermined);
  totals.count = {79, 21};
  CHECK(verdict(objective, 1000, totals, 0) == Verdict::kViolated);
  CHECK(verdict(objective, 1000, EventTotals{}, 0) == Verdict::kUndetermined);
  CHECK(verdict(objective, 1000, EventTotals{{}, 1000, 0, 0}, 0) == Verdict::kMet);
  CHECK(verdict(objective, 1000, EventTotals{{}, 999, 1, 0}, 0) == Verdict::kUndetermined);
  const Uptime half = uptime(EventTotals{{95, 5}, 500, 500, 0}, NoEvents::kIgnore);
  CHECK(half.known == 0.95);
  CHECK(half.low == 0.475);
  CHECK(half.high == 0.975);
  CHECK(half.coverage == 0.5);
}

TEST_CASE("one failure in a quiet night is no page, a thousand at noon are") {
  Machine machine;
  machine.start();
  auto spec = events_spec("99.9", 15'000);
  const SloId id = machine.add(spec);
  for (int i = 0; i < 3 * 5760; ++i) slice(machine, id, 15'000, {1000, 0});
  for (int i = 0; i < 1200; ++i) slice(machine, id, 15'000, {});
  for (int i = 0; i < 4; ++i) slice(machine, id, 15'000, {0, 1});
  Judgement j = machine.judge(id);
  CHECK(j.windows.front().uptime.known == 0);  // all that there was failed
  CHECK(j.alerts.front().reading.long_burn == doctest::Approx(1000));
  CHECK(j.alerts.front().bad_events == 4);
  for (const AlertView& alert : j.alerts) CHECK_FALSE(alert.reading.firing);
  CHECK(j.open_incident);  // it is down all the same
  for (int i = 0; i < 200; ++i) slice(machine, id, 15'000, {100, 900});
  j = machine.judge(id);
  CHECK(j.alerts.front().reading.firing);
  CHECK(j.alerts.front().reading.budget_consumed > 0.02);
}

TEST_CASE("failures while a dependency was down are unknown for ever, what was good is not") {
  Machine machine;
  machine.start();
  const auto uplink = probe_spec(5000, 4000);
  auto spec = events_spec("99", 15'000);
  spec->dependencies = {{"shop", "website"}};
  const SloId other = machine.add(uplink);
  const SloId id = machine.add(spec);
  const auto during = [&](State state, EventCount count) {
    const std::int64_t begin_ns = machine.boot_ns();
    machine.engine().on_sent(id, begin_ns, machine.now());
    machine.probe_for(other, state, 15'000);
    REQUIRE(machine.engine().on_events(id, {begin_ns, machine.boot_ns(), count}, machine.now()));
  };
  during(State::kUp, {10, 1});
  during(State::kDown, {10, 2});
  during(State::kDown, {10, 0});
  during(State::kUp, {10, 4});
  machine.probe_for(other, State::kUp, 30'000);
  const Judgement j = machine.judge(id);
  CHECK(j.window().events->count == EventCount{30, 5});
  CHECK(j.window().events->known_ms == 45'000);
  CHECK(j.window().events->unknown_ms == 45'000);
}

TEST_CASE("a slice of which no word comes is a gap, and those behind it are not lost") {
  Machine machine;
  machine.start();
  const SloId id = machine.add(events_spec("99", 15'000));
  slice(machine, id, 15'000, {10, 0});
  machine.idle(15'000);  // nobody says anything of the one that began
  slice(machine, id, 15'000, {10, 0});
  CHECK(machine.judge(id).window().events->count.good == 10);  // it is waited for
  for (int i = 0; i < 4; ++i) slice(machine, id, 15'000, {10, 0});
  CHECK(machine.judge(id).window().events->count.good == 60);
  CHECK(machine.judge(id).window().events->unknown_ms == 15'000);
}

TEST_CASE(
    "attempts of a probe are events, those out of turn are none, and a kill loses no attempt") {
  Machine machine;
  machine.start();
  auto spec = probe_spec(5000, 4000);
  spec->budgeting = BudgetingMethod::kOccurrences;
  spec->objective = parse_objective("99").value();
  const SloId id = machine.add(spec);
  machine.probe_for(id, State::kUp, 50'000);
  machine.probe(id, State::kDown);
  machine.pass(1000);
  const std::int64_t sent_ns = machine.boot_ns();
  machine.engine().on_sent(id, sent_ns, machine.now());
  CHECK(machine.engine().on_sample(id, sent_ns, State::kUp, Cause::kNone, machine.now(), true));
  machine.step();
  Judgement j = machine.judge(id);
  CHECK(j.window().events->count == EventCount{10, 1});
  CHECK(j.window().events->known_ms == j.settled_ms - j.since_ms);
  CHECK(j.window().totals.down_ms < 2000);  // the attempt out of turn ended the outage
  CHECK(j.window().uptime.known == doctest::Approx(10.0 / 11));
  // Nothing comes any more: it speaks for ten seconds, then nobody knows.
  machine.idle(60'000);
  j = machine.judge(id);
  CHECK(j.window().events->count == EventCount{10, 1});
  CHECK(j.window().events->unknown_ms == 50'000);
  CHECK(j.window().totals.unknown_ms == 50'000);
  machine.probe(id, State::kDown);
  machine.kill();
  machine.pass(3000);
  machine.start();
  CHECK(machine.add(spec) == id);
  machine.step();
  j = machine.judge(id);
  CHECK(j.window().events->count == EventCount{10, 2});
  CHECK(j.counters.events_bad == 2);
  CHECK(j.window().events->unknown_ms == j.window().totals.unknown_ms);
}

TEST_CASE("counters go on after a kill, with what was written since the last heartbeat") {
  Machine machine;
  machine.start();
  const auto spec = events_spec("99", 15'000);
  SloId id = machine.add(spec);
  machine.beat();
  slice(machine, id, 15'000, {10, 1});
  slice(machine, id, 15'000, {10, 1});
  machine.kill();
  machine.pass(100'000);
  machine.start();
  id = machine.add(spec);
  machine.step();
  Judgement j = machine.judge(id);
  CHECK(j.counters.events_good == 20);
  CHECK(j.counters.events_bad == 2);
  CHECK(j.window().events->count == EventCount{20, 2});
  CHECK(j.window().events->unknown_ms == 100'000);
  CHECK(j.verdict == Verdict::kUndetermined);
}
