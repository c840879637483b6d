// The whole judge on a machine in a box: alerts, clocks, stalls, sleep.
#include "slo/engine.h"

#include <cmath>

#include "tests/slo/sim.h"
#include "tests/support/doctest.h"

using namespace slo;           // the subject of this file
using namespace slo::testing;  // the machine

namespace {

const AlertView& page_quick(const Judgement& j) { return j.alerts.at(0); }

// A target that has been good for a day.
struct Settled {
  explicit Settled(const std::shared_ptr<SloSpec>& spec, std::int64_t ms = 2 * kHourMs) {
    machine.start();
    id = machine.add(spec);
    machine.probe_for(id, State::kUp, ms, spec->interval_ms);
  }
  Judgement judge() { return machine.judge(id); }
  Machine machine;
  SloId id = 0;
};

}  // namespace

TEST_CASE("a new objective starts unknown and says so") {
  Machine machine;
  machine.start();
  const SloId id = machine.add(probe_spec());
  machine.idle(3000);
  const Judgement j = machine.judge(id);
  CHECK(j.state == State::kUnknown);
  CHECK(j.cause == Cause::kStarting);
  CHECK(j.since_ms == 1'000'000);
  CHECK(j.verdict == Verdict::kUndetermined);
  CHECK(std::isnan(j.window().uptime.known));
  CHECK(j.window().before_ms == 30 * kDayMs - 3000);
  CHECK(j.window().totals == Totals{0, 0, 3000, 0});
  CHECK_FALSE(j.on_track);
  for (const AlertView& alert : j.alerts) CHECK_FALSE(alert.reading.firing);
  CHECK(j.stale);
}

TEST_CASE("a young objective that was always up is undetermined and on track") {
  Settled target(probe_spec());
  const Judgement j = target.judge();
  CHECK(j.state == State::kUp);
  CHECK(j.verdict == Verdict::kUndetermined);
  CHECK(j.on_track);
  CHECK(j.window().uptime.coverage == 1);
  CHECK(j.budget.remaining_ratio == 1);
  CHECK(std::isinf(j.exhaustion_seconds));
  CHECK_FALSE(j.stale);
}

TEST_CASE("one failed probe at 5 s does not page at 99.99 %, two do") {
  Settled target(probe_spec());
  const auto fail_and_watch = [&](int failures) {
    bool fired = false;
    for (int i = 0; i < failures; ++i) {
      target.machine.probe(target.id, State::kDown, 4000);
      fired = fired || page_quick(target.judge()).reading.firing;
      target.machine.idle(1000);
      fired = fired || page_quick(target.judge()).reading.firing;
    }
    for (int i = 0; i < 4; ++i) {
      target.machine.probe(target.id, State::kUp);
      fired = fired || page_quick(target.judge()).reading.firing;
      target.machine.idle(4980);
      fired = fired || page_quick(target.judge()).reading.firing;
    }
    return fired;
  };
  CHECK_FALSE(fail_and_watch(1));
  target.machine.probe_for(target.id, State::kUp, 2 * kHourMs);
  CHECK(fail_and_watch(2));
}

TEST_CASE("with probes every second the sixth failure in a row pages") {
  const auto spec = probe_spec(1000, 800);
  Settled target(spec, kHourMs + 60'000);
  for (int failure = 1; failure <= 6; ++failure) {
    target.machine.probe(target.id, State::kDown, 20);
    CHECK_FALSE(page_quick(target.judge()).reading.firing);
    target.machine.idle(979);  // the next probe leaves in a millisecond
    const bool firing = page_quick(target.judge()).reading.firing;
    INFO("failure ", failure);
    CHECK(firing == (failure == 6));
    target.machine.pass(1);
  }
  CHECK(page_quick(target.judge()).bad_events == 6);
}

TEST_CASE("min_failures holds a page back that one long failure would raise") {
  const auto spec = probe_spec(15'000, 10'000);
  Settled target(spec);
  target.machine.probe(target.id, State::kDown, 10'000);
  target.machine.idle(5000);
  target.machine.probe(target.id, State::kUp);
  const Judgement j = target.judge();
  CHECK(j.window().totals.down_ms == 15'000);
  CHECK(page_quick(j).reading.budget_consumed > 0.02);
  CHECK(page_quick(j).reading.short_burn > 14.4);
  CHECK_FALSE(page_quick(j).reading.firing);

  auto one = std::make_shared<SloSpec>(*spec);
  one->min_failures = 1;
  CHECK(target.machine.add(one) == target.id);
  CHECK(page_quick(target.judge()).reading.firing);
}

TEST_CASE("a page resolves when the short window is clean again") {
  Settled target(probe_spec());
  for (int i = 0; i < 4; ++i) {
    target.machine.probe(target.id, State::kDown);
    target.machine.idle(4980);
  }
  CHECK(page_quick(target.judge()).reading.firing);
  target.machine.probe_for(target.id, State::kUp, 4 * kMinuteMs);
  CHECK(page_quick(target.judge()).reading.firing);
  target.machine.probe_for(target.id, State::kUp, 2 * kMinuteMs);
  CHECK_FALSE(page_quick(target.judge()).reading.firing);
  CHECK(page_quick(target.judge()).reading.budget_consumed > 0.02);
}

TEST_CASE("clock steps of an hour and of a second change no duration and no incident") {
  Settled target(probe_spec());
  const std::int64_t begin = target.machine.t_ms();
  for (const std::int64_t step : {3'600'000, -3'600'000, 1000, -1000}) {
    target.machine.probe(target.id, State::kDown);
    target.machine.idle(4980);
    target.machine.set_wall_clock(step);
    target.machine.probe(target.id, State::kDown);
    target.machine.idle(4980);
    target.machine.probe_for(target.id, State::kUp, 5 * kMinuteMs);
  }
  const Judgement j = target.judge();
  CHECK(target.machine.t_ms() - begin == 4 * (10'000 + 5 * kMinuteMs));
  CHECK(j.window().totals.down_ms == 40'000);
  CHECK(j.window().totals.unknown_ms == 0);
  CHECK(j.incidents.closed == 4);
  CHECK(j.incidents.mttr_seconds == 10);
  CHECK(target.machine.engine().judge().clock_step_ms == 2 * 3'600'000 + 2 * 1000);
}

TEST_CASE("a step in mid-outage moves the labels of the outage, not its length") {
  Settled target(probe_spec());
  target.machine.probe(target.id, State::kDown);
  target.machine.idle(4980);
  const std::int64_t start = target.judge().open_incident->start_ms;
  const std::int64_t label = target.machine.engine().judge().labels.utc_ms(start);
  target.machine.set_wall_clock(3'600'000);
  target.machine.probe(target.id, State::kUp);
  CHECK(target.judge().incidents.mttr_seconds == 5);
  CHECK(target.machine.engine().judge().labels.utc_ms(start) == label + 3'600'000);
}

TEST_CASE("SIGSTOP for 90 s leaves exactly that gap unknown") {
  Settled target(probe_spec());
  const Judgement before = target.judge();
  const std::int64_t stopped = target.machine.t_ms();
  SUBCASE("between two probes") {
    target.machine.pass(90'000);
    target.machine.step();
    target.machine.probe(target.id, State::kUp);
  }
  SUBCASE("with a probe in flight that then seems to have timed out") {
    const std::int64_t sent = target.machine.boot_ns();
    target.machine.engine().on_sent(target.id, sent, target.machine.now());
    target.machine.step();
    target.machine.pass(90'000);
    target.machine.engine().on_sample(target.id, sent, State::kDown, Cause::kTimeout,
                                      target.machine.now());
    target.machine.step();
    target.machine.probe(target.id, State::kUp);
  }
  const Judgement j = target.judge();
  CHECK(target.machine.t_ms() == stopped + 90'020);
  CHECK(j.window().totals.unknown_ms == before.window().totals.unknown_ms + 90'000);
  CHECK(j.window().totals.down_ms == 0);
  CHECK(j.incidents.overlapping == 0);
  CHECK(j.budget.remaining_seconds == before.budget.remaining_seconds);
  const auto stalled = static_cast<std::size_t>(Cause::kStalled);
  CHECK(target.machine.engine().judge().gap_ms.at(stalled) == 90'000);
}

TEST_CASE("a judge that comes a little late loses nothing") {
  Settled target(probe_spec());
  const Judgement before = target.judge();
  for (int i = 0; i < 20; ++i) {
    target.machine.probe(target.id, State::kUp);
    target.machine.pass(9000);  // a step only every nine seconds, less than two intervals
  }
  target.machine.probe(target.id, State::kUp);
  const Judgement j = target.judge();
  CHECK(j.window().totals.unknown_ms == before.window().totals.unknown_ms);
}

TEST_CASE("sleep is unknown for a probe and, as configured, for the host") {
  for (const State setting : {State::kUnknown, State::kDown, State::kUp}) {
    Machine machine;
    machine.start();
    auto host = host_spec();
    host->suspended = setting;
    const SloId host_id = machine.add(host);
    const SloId probe_id = machine.add(probe_spec());
    machine.probe_for(probe_id, State::kUp, kHourMs);
    machine.suspend(600'000);
    machine.step();
    machine.probe_for(probe_id, State::kUp, kMinuteMs);
    const Totals probed = machine.judge(probe_id).window().totals;
    CHECK(probed.unknown_ms == 600'000);
    CHECK(probed.down_ms == 0);
    const Totals hosted = machine.judge(host_id).window().totals;
    CHECK(hosted.unknown_ms == (setting == State::kUnknown ? 600'000 : 0));
    CHECK(hosted.down_ms == (setting == State::kDown ? 600'000 : 0));
    CHECK(hosted.sum_ms() == kHourMs + 600'000 + kMinuteMs);
    const auto slept = static_cast<std::size_t>(Cause::kSuspended);
    CHECK(machine.engine().judge().gap_ms.at(slept) == 600'000);
  }
}

TEST_CASE("own blindness is unknown, opens nothing and closes nothing") {
  Settled target(probe_spec());
  target.machine.probe(target.id, State::kUnknown, 20, Cause::kNoRoute);
  target.machine.idle(4980);
  Judgement j = target.judge();
  CHECK(j.state == State::kUnknown);
  CHECK(j.cause == Cause::kNoRoute);
  CHECK_FALSE(j.open_incident);
  target.machine.probe(target.id, State::kDown);
  target.machine.idle(4980);
  target.machine.probe(target.id, State::kUnknown, 20, Cause::kNoRoute);
  target.machine.idle(4980);
  j = target.judge();
  REQUIRE(j.open_incident);
  CHECK(j.open_incident->down_ms == 5000);
  CHECK(j.open_incident->unknown_ms == 5000);
  CHECK(j.counters.events_bad == 1);
}

TEST_CASE("below half of its short window a row freezes: it neither fires nor resolves") {
  Settled target(probe_spec());
  for (int i = 0; i < 6; ++i) {
    target.machine.probe(target.id, State::kDown);
    target.machine.idle(4980);
  }
  const RowReading firing = page_quick(target.judge()).reading;
  REQUIRE(firing.firing);
  // The prober is gone. Ten seconds later the state lapses; after 2 min 40 s less than half of
  // five minutes is known.
  target.machine.idle(3 * kMinuteMs);
  const Judgement frozen = target.judge();
  CHECK(frozen.stale);
  CHECK(page_quick(frozen).reading.stale);
  CHECK(page_quick(frozen).reading.firing);
  const double last_burn = page_quick(frozen).reading.short_burn;
  target.machine.add(probe_spec());  // a reload that changes nothing
  CHECK(page_quick(target.judge()).reading.firing);
  target.machine.idle(3 * kHourMs);
  CHECK(page_quick(target.judge()).reading.firing);
  CHECK(page_quick(target.judge()).reading.short_burn == last_burn);
  const auto other_question = probe_spec();
  other_question->alert_rows[0].budget_ppm = 30'000;
  target.machine.add(other_question);
  CHECK_FALSE(page_quick(target.judge()).reading.firing);
  target.machine.probe_for(target.id, State::kUp, 4 * kMinuteMs);
  CHECK_FALSE(page_quick(target.judge()).reading.stale);
  CHECK_FALSE(page_quick(target.judge()).reading.firing);
}

TEST_CASE("planned maintenance is booked as excluded and starts no incident") {
  Machine machine;
  machine.start();
  const std::int64_t begin = machine.now().real_ns / kMs + 10 * kMinuteMs;
  const SloId id = machine.add(probe_spec(), {{begin, begin + 10 * kMinuteMs, false}});
  machine.probe_for(id, State::kUp, 12 * kMinuteMs);
  machine.probe_for(id, State::kDown, 5 * kMinuteMs);
  CHECK(machine.judge(id).state == State::kExcluded);
  CHECK_FALSE(machine.judge(id).open_incident);
  machine.probe_for(id, State::kUp, 5 * kMinuteMs);
  const Judgement j = machine.judge(id);
  CHECK(j.window().totals == Totals{12 * kMinuteMs, 0, 0, 10 * kMinuteMs});
  CHECK(j.incidents.overlapping == 0);
  CHECK(j.counters.state_ms[3] == 10 * kMinuteMs);
  CHECK(j.counters.events_bad == 60);
  CHECK(page_quick(j).bad_events == 0);
}

TEST_CASE("a sample at the very end of maintenance counts once") {
  Machine machine;
  machine.start();
  const auto spec = probe_spec();
  spec->failures = 2;
  const std::int64_t begin = machine.now().real_ns / kMs;
  const SloId id = machine.add(spec, {{begin, begin + 60'000, false}});
  machine.probe_for(id, State::kDown, 60'000);
  machine.probe(id, State::kDown);  // exactly at the end
  machine.idle(4980);
  CHECK_FALSE(machine.judge(id).open_incident);
  machine.probe(id, State::kDown);
  REQUIRE(machine.judge(id).open_incident);
  CHECK(machine.judge(id).open_incident->start_ms == begin + 60'000);
}

TEST_CASE("an exclusion after the fact changes what is shown, never a counter") {
  Settled target(probe_spec());
  const std::int64_t begin = target.machine.t_ms();
  target.machine.probe_for(target.id, State::kDown, kMinuteMs);
  target.machine.probe_for(target.id, State::kUp, kMinuteMs);
  const Judgement before = target.judge();
  target.machine.engine().set_exclusions(target.id, {{begin, begin + kMinuteMs, false}});
  target.machine.probe_for(target.id, State::kUp, kMinuteMs);
  const Judgement j = target.judge();
  CHECK(j.window().totals.down_ms == 0);
  CHECK(j.window().totals.excluded_ms == kMinuteMs);
  CHECK(j.counters.state_ms[1] == before.counters.state_ms[1]);
  CHECK(j.counters.state_ms[3] == 0);
  CHECK(j.counters.state_ms[0] == before.counters.state_ms[0] + kMinuteMs);
}

TEST_CASE("results for strangers and nonsense are refused and counted") {
  Settled target(probe_spec());
  Engine& engine = target.machine.engine();
  const exporter::Moment now = target.machine.now();
  CHECK_FALSE(engine.on_sample(99, now.boot_ns, State::kUp, Cause::kNone, now));
  CHECK_FALSE(engine.on_sample(target.id, now.boot_ns, State::kExcluded, Cause::kNone, now));
  CHECK_FALSE(
      engine.on_sample(target.id, now.boot_ns - 60'000 * kMs, State::kUp, Cause::kNone, now));
  CHECK(engine.refused_samples() == 3);
  // From the future: taken as now.
  CHECK(engine.on_sample(target.id, now.boot_ns + 60'000 * kMs, State::kDown, Cause::kNone, now));
  target.machine.idle(2000);
  CHECK(target.judge().window().totals.down_ms == 2000);
}
