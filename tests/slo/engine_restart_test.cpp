// What survives: stops, crashes, reboots, objectives that go and come back, torn histories.
#include <cmath>

#include "slo/engine.h"
#include "tests/slo/sim.h"
#include "tests/support/doctest.h"

using namespace slo;           // the subject of this file
using namespace slo::testing;  // the machine

namespace {

void check_same(const Judgement& a, const Judgement& b) {
  const auto same = [](double x, double y) { return std::isnan(x) ? std::isnan(y) : x == y; };
  CHECK(a.id == b.id);
  CHECK(a.since_ms == b.since_ms);
  CHECK(a.settled_ms == b.settled_ms);
  REQUIRE(a.windows.size() == b.windows.size());
  for (std::size_t i = 0; i < a.windows.size(); ++i) {
    CHECK(a.windows[i].totals == b.windows[i].totals);
    CHECK(a.windows[i].before_ms == b.windows[i].before_ms);
  }
  for (std::size_t i = 0; i < a.alerts.size(); ++i) {
    CHECK(same(a.alerts[i].reading.long_burn, b.alerts[i].reading.long_burn));
    CHECK(same(a.alerts[i].reading.short_burn, b.alerts[i].reading.short_burn));
    CHECK(a.alerts[i].reading.firing == b.alerts[i].reading.firing);
    CHECK(a.alerts[i].bad_events == b.alerts[i].bad_events);
  }
  CHECK(a.verdict == b.verdict);
  CHECK(a.open_incident == b.open_incident);
  REQUIRE((a.recent_incidents != nullptr) == (b.recent_incidents != nullptr));
  if (a.recent_incidents) CHECK(*a.recent_incidents == *b.recent_incidents);
  CHECK(same(a.incidents.mttr_seconds, b.incidents.mttr_seconds));
  CHECK(same(a.incidents.mttd_seconds, b.incidents.mttd_seconds));
  SloCounters x = a.counters;
  SloCounters y = b.counters;
  x.t_ms = y.t_ms = 0;
  CHECK(x == y);
}

}  // namespace

TEST_CASE("a restart without a gap changes no number") {
  Machine machine;
  machine.start();
  const auto spec = probe_spec();
  const SloId id = machine.add(spec);
  machine.probe_for(id, State::kUp, 10 * kMinuteMs);
  machine.probe_for(id, State::kDown, 20'000);
  machine.probe_for(id, State::kUp, 3 * kMinuteMs);
  machine.probe_for(id, State::kDown, 15'000);
  const Judgement before = machine.judge(id);
  REQUIRE(before.open_incident);
  REQUIRE(before.alerts[0].reading.firing);
  for (int i = 0; i < 3; ++i) {
    machine.stop(StopReason::kUpgrade);
    machine.start();
    CHECK(machine.add(spec) == id);
    machine.step();
    check_same(machine.judge(id), before);
  }
}

TEST_CASE("an incident that was told about survives kill -9, and ends with the first good sample") {
  Machine machine;
  machine.start();
  const auto spec = probe_spec();
  const SloId id = machine.add(spec);
  machine.probe_for(id, State::kUp, kMinuteMs);
  machine.beat();
  machine.probe(id, State::kDown, 20, Cause::kConnect);
  const std::int64_t started = machine.judge(id).open_incident->start_ms;
  machine.kill();
  machine.pass(30'000);
  machine.start();
  machine.add(spec);
  Judgement j = machine.judge(id);
  REQUIRE(j.open_incident);
  CHECK(j.open_incident->start_ms == started);
  CHECK(j.open_incident->id == 1);
  CHECK(j.state == State::kUnknown);
  CHECK(j.cause == Cause::kMonitorCrashed);
  machine.probe(id, State::kUp);
  j = machine.judge(id);
  CHECK_FALSE(j.open_incident);
  CHECK(j.incidents.mttr_seconds == 30.02);
  CHECK(j.counters.incidents == 1);
}

TEST_CASE("what nobody measures is unknown since it was, also by other causes and over kill -9") {
  Machine machine;
  machine.start();
  const auto spec = probe_spec();
  const SloId id = machine.add(spec);
  machine.probe_for(id, State::kUp, kMinuteMs);
  const auto unknown_by = [&](Cause cause) {
    for (int i = 0; i < 12; ++i) {
      machine.probe(id, State::kUnknown, 20, cause);
      machine.idle(4'980);
    }
    CHECK(machine.judge(id).state == State::kUnknown);
    CHECK(machine.judge(id).cause == cause);
    return machine.judge(id).state_since_ms;
  };
  const std::int64_t since_ms = unknown_by(Cause::kNoRoute);
  CHECK(unknown_by(Cause::kNetwork) == since_ms);
  machine.kill();
  machine.pass(30'000);
  machine.start();
  machine.add(spec);
  CHECK(machine.judge(id).cause == Cause::kMonitorCrashed);
  CHECK(unknown_by(Cause::kNetwork) == since_ms);
  machine.probe(id, State::kUp);
  CHECK(machine.judge(id).state_since_ms > since_ms);
}

TEST_CASE("failures counted before a heartbeat do not count again after a crash") {
  Machine machine;
  machine.start();
  const auto spec = probe_spec();
  spec->failures = 2;
  spec->merge_gap_ms = 0;
  const SloId id = machine.add(spec);
  machine.probe_for(id, State::kUp, kMinuteMs);
  machine.probe(id, State::kDown);
  machine.beat();
  machine.pass(4980);
  machine.probe(id, State::kDown);
  machine.pass(4980);
  machine.probe(id, State::kUp);
  REQUIRE(machine.judge(id).counters.incidents == 1);
  machine.kill();
  machine.pass(4980);
  machine.start();
  machine.add(spec);
  machine.probe(id, State::kDown);
  CHECK_FALSE(machine.judge(id).open_incident);
  machine.pass(4980);
  machine.probe(id, State::kDown);
  REQUIRE(machine.judge(id).open_incident);
  CHECK(machine.judge(id).open_incident->id == 2);
}

TEST_CASE("a stopped monitor leaves a gap of exactly that length for a probe, none for the host") {
  Machine machine;
  machine.start();
  const auto probe = probe_spec();
  const auto host = host_spec();
  const SloId probe_id = machine.add(probe);
  const SloId host_id = machine.add(host);
  machine.probe_for(probe_id, State::kUp, kHourMs);
  machine.stop(StopReason::kUpgrade);
  machine.pass(10 * kMinuteMs);
  machine.start();
  machine.add(probe);
  machine.add(host);
  machine.probe(probe_id, State::kUp);
  const Judgement j = machine.judge(probe_id);
  CHECK(j.window().totals.unknown_ms == 10 * kMinuteMs);
  CHECK(j.window().totals.down_ms == 0);
  CHECK(j.counters.state_ms[2] == 10 * kMinuteMs);
  CHECK(j.budget.consumed_seconds == 0);
  CHECK(machine.judge(host_id).window().totals.unknown_ms == 0);
  CHECK(machine.judge(host_id).window().totals.up_ms == kHourMs + 10 * kMinuteMs + 20);
  const auto stopped = static_cast<std::size_t>(Cause::kMonitorStopped);
  CHECK(machine.engine().judge().gap_ms.at(stopped) == 10 * kMinuteMs);
}

TEST_CASE("a reboot is down time of the host from the stop to the boot") {
  for (const bool orderly : {true, false}) {
    Machine machine;
    machine.start();
    const auto probe = probe_spec();
    const auto host = host_spec();
    const SloId probe_id = machine.add(probe);
    const SloId host_id = machine.add(host);
    machine.probe_for(probe_id, State::kUp, kHourMs);
    machine.beat();
    if (orderly) {
      machine.stop(StopReason::kShutdown);
    } else {
      machine.kill();
    }
    machine.reboot(40'000, 15'000);
    machine.start();
    machine.add(probe);
    machine.add(host);
    machine.probe(probe_id, State::kUp);
    const Judgement h = machine.judge(host_id);
    CHECK(h.state == State::kUp);
    CHECK(h.window().totals.down_ms == 40'000);
    CHECK(h.window().totals.unknown_ms == 0);
    CHECK(h.incidents.closed == 1);
    CHECK(h.incidents.mttr_seconds == 40);
    REQUIRE(h.recent_incidents);
    CHECK(h.recent_incidents->front().start_earliest_ms == h.recent_incidents->front().start_ms);
    CHECK(h.alerts[2].reading.firing);  // 40 s are more than 10 % of 259.2 s
    const Judgement p = machine.judge(probe_id);
    CHECK(p.window().totals.unknown_ms == 55'000);
    CHECK(p.window().totals.down_ms == 0);
  }
}

TEST_CASE("twenty restarts a minute lose no more than twenty heartbeat intervals") {
  for (const bool clean : {true, false}) {
    Machine machine;
    machine.start();
    const auto spec = probe_spec();
    const SloId id = machine.add(spec);
    machine.probe_for(id, State::kUp, 10 * kMinuteMs);
    const std::int64_t before = machine.judge(id).window().totals.unknown_ms;
    for (int i = 0; i < 20; ++i) {
      machine.beat();
      machine.probe(id, State::kUp);
      machine.idle(2500);
      if (clean) {
        machine.stop(StopReason::kStop);
      } else {
        machine.kill();
      }
      machine.pass(480);
      machine.start();
      machine.add(spec);
      machine.save();
    }
    machine.probe_for(id, State::kUp, 10 * kMinuteMs);
    const Judgement j = machine.judge(id);
    const std::int64_t lost = j.window().totals.unknown_ms - before;
    CHECK(lost <= 20 * 5000);
    if (clean) CHECK(lost == 20 * 480);
    CHECK(j.window().totals.down_ms == 0);
    CHECK(j.incidents.overlapping == 0);
  }
}

TEST_CASE("an objective that comes back finds its history, the time without it unknown") {
  Machine machine;
  machine.start();
  const auto spec = probe_spec();
  const SloId id = machine.add(spec);
  const SloId other = machine.add(host_spec());
  machine.probe_for(id, State::kUp, kHourMs);
  const std::int64_t good = machine.judge(id).counters.events_good;
  machine.engine().remove(id);
  machine.idle(kMinuteMs);
  SUBCASE("in the same run, its history read from the store") {
    const Facts later = machine.kept().load();
    CHECK(machine.engine().add(spec, machine.now(), {}, &later) == id);
    machine.step();
  }
  SUBCASE("after a restart") {
    machine.stop(StopReason::kStop);
    machine.start();
    CHECK(machine.add(spec) == id);
    CHECK(machine.add(host_spec()) == other);
    machine.step();
  }
  const Judgement j = machine.judge(id);
  CHECK(j.cause == Cause::kNotConfigured);
  CHECK(j.counters.events_good == good);
  CHECK(j.window().totals.up_ms == kHourMs);
  CHECK(j.window().totals.unknown_ms == kMinuteMs);
}

TEST_CASE("another meaning of good starts another history, another objective does not") {
  Machine machine;
  machine.start();
  const auto spec = probe_spec();
  const SloId id = machine.add(spec);
  machine.probe_for(id, State::kUp, kHourMs);

  auto stricter = std::make_shared<SloSpec>(*spec);
  stricter->objective = Objective{999'990'000};
  stricter->window_ms = 7 * kDayMs;
  stricter->alert_rows = default_alert_rows(stricter->window_ms);
  CHECK(machine.add(stricter) == id);
  Judgement j = machine.judge(id);
  CHECK(j.window().window_ms == 7 * kDayMs);
  CHECK(j.window().totals.up_ms == kHourMs);
  CHECK(j.alerts.size() == 3);
  CHECK(j.budget.total_seconds == doctest::Approx(6.048).epsilon(1e-12));

  auto other_sli = std::make_shared<SloSpec>(*stricter);
  other_sli->generation = 2;
  const SloId fresh = machine.add(other_sli);
  CHECK(fresh != id);
  machine.step();
  CHECK(machine.judge(fresh).window().totals.up_ms == 0);
  CHECK(machine.engine().judge().slos.size() == 1);

  // Back to the first meaning, in the next run: the first history goes on.
  machine.stop(StopReason::kStop);
  machine.start();
  CHECK(machine.add(spec) == id);
  CHECK(machine.judge(id).window().totals.up_ms == kHourMs);
}

TEST_CASE("ids of objectives are never given twice") {
  Machine machine;
  machine.start();
  auto spec = probe_spec();
  const SloId first = machine.add(spec);
  machine.stop(StopReason::kStop);
  machine.start();
  auto other = probe_spec();
  other->name = "other";
  CHECK(machine.add(other) != first);
}

TEST_CASE("a history without a heartbeat ends in unknown time") {
  Machine machine;
  machine.start();
  const auto spec = probe_spec();
  const SloId id = machine.add(spec);
  machine.probe_for(id, State::kUp, kMinuteMs);
  Facts history = machine.kept().load();
  history.heartbeat.reset();
  machine.pass(kMinuteMs);
  Engine engine("boot-1", machine.now(), history);
  CHECK(engine.add(spec, machine.now()) == id);
  engine.step(machine.now());
  const Judgement j = engine.judge().slos.at(0);
  CHECK(j.state == State::kUnknown);
  CHECK(j.window().totals.up_ms == 0);  // the only change was its first good sample
  CHECK(j.window().totals.sum_ms() == 2 * kMinuteMs);
}

TEST_CASE("torn histories are taken as far as they make sense") {
  Machine machine;
  machine.start();
  const auto spec = probe_spec();
  const SloId id = machine.add(spec);
  machine.probe_for(id, State::kUp, kMinuteMs);
  machine.probe_for(id, State::kDown, 20'000);
  machine.stop(StopReason::kStop);
  const Facts whole = machine.kept().load();
  const auto judge = [&](const Facts& history) {
    Engine engine("boot-1", machine.now(), history);
    engine.add(spec, machine.now());
    engine.step(machine.now());
    return engine.judge().slos.at(0);
  };
  const std::int64_t all_ms = kMinuteMs + 20'000;
  CHECK(judge(whole).window().totals.sum_ms() == all_ms);

  SUBCASE("no changes: everything is unknown, the counters stay") {
    Facts torn = whole;
    torn.changes.clear();
    const Judgement j = judge(torn);
    CHECK(j.window().totals == Totals{0, 0, all_ms, 0});
    CHECK(j.counters.events_bad == 4);
  }
  SUBCASE("changes out of order or from the future are left out") {
    Facts torn = whole;
    StateChange odd = torn.changes.back();
    odd.t_ms -= 50'000;
    torn.changes.push_back(odd);
    odd.t_ms += 500'000'000;
    torn.changes.push_back(odd);
    CHECK(judge(torn).window().totals.down_ms == judge(whole).window().totals.down_ms);
  }
  SUBCASE("no counters: what the log says") {
    Facts torn = whole;
    torn.heartbeat->counters.clear();
    const Judgement j = judge(torn);
    CHECK(j.counters.events_bad == 0);
    CHECK(j.counters.state_ms[0] == kMinuteMs);
    REQUIRE(j.open_incident);
    CHECK(j.counters.incidents == 1);
  }
  SUBCASE("no incidents: the count goes on, nothing is open") {
    Facts torn = whole;
    torn.incidents.clear();
    const Judgement j = judge(torn);
    CHECK_FALSE(j.open_incident);
    CHECK(j.counters.incidents == 1);
  }
  SUBCASE("a measured since in the future is now") {
    Facts torn = whole;
    torn.slos[0].since_ms += kDayMs;
    CHECK(judge(torn).since_ms <= machine.now().real_ns / kMs);
  }
}
