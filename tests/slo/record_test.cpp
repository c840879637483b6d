// What a source's record tells, in time and long after: the engine must come to what it would have
// come to had everything been known at once, and no counter may go back on the way.
#include <algorithm>
#include <random>
#include <vector>

#include "tests/slo/sim.h"
#include "tests/support/doctest.h"
#include "tests/support/scripts.h"

using namespace slo;
using namespace slo::testing;

namespace {

constexpr std::int64_t kSlice = 10'000;

// T and UTC are one here: a machine that begins on the grid.
struct Told : Machine {
  Told() : Machine(1'000'000) {
    start();
    id = add(record_spec(kSlice));
  }
  void tell(std::int64_t begin_ms, State state) {
    taken = engine().tell(id, {begin_ms, begin_ms + kSlice}, state, Cause::kNone, now());
    step();
  }
  Judgement now_judged() { return judge(id); }
  SloCounters counters() { return now_judged().counters; }
  SloId id = 0;
  bool taken = false;
};

}  // namespace

TEST_SUITE("record") {
  TEST_CASE("a slice that is told in time counts as up, down or unknown and as an event") {
    Told machine;
    machine.idle(1000);
    std::int64_t begin_ms = 1'000'000;
    for (const State state : {State::kUp, State::kDown, State::kUnknown, State::kUp}) {
      machine.idle(kSlice);
      machine.tell(begin_ms, state);
      begin_ms += kSlice;
    }
    const SloCounters counters = machine.counters();
    CHECK(counters.state_ms == std::array<std::int64_t, 4>{20'000, 10'000, 10'000, 0});
    CHECK(counters.events_good == 2);
    CHECK(counters.events_bad == 1);
  }

  TEST_CASE("what is not told in time is unknown, counters wait, and it counts when it is told") {
    Told machine;
    machine.idle(kSlice);
    machine.tell(1'000'000, State::kUp);
    machine.idle(60'000);
    Judgement judged = machine.now_judged();
    CHECK(judged.state == State::kUnknown);
    CHECK(judged.cause == Cause::kLapsed);
    CHECK(judged.settled_ms == machine.t_ms());
    CHECK(judged.counters.state_ms == std::array<std::int64_t, 4>{10'000, 0, 0, 0});
    CHECK(*machine.engine().told_utc_ms(machine.id) == 1'010'000);

    machine.tell(1'010'000, State::kUp);
    machine.tell(1'020'000, State::kDown);
    for (std::int64_t begin_ms = 1'030'000; begin_ms < 1'070'000; begin_ms += kSlice) {
      machine.tell(begin_ms, State::kUp);
    }
    judged = machine.now_judged();
    CHECK(judged.state == State::kUp);
    CHECK(judged.counters.state_ms == std::array<std::int64_t, 4>{60'000, 10'000, 0, 0});
    REQUIRE(judged.recent_incidents->size() == 1);
    CHECK(judged.recent_incidents->front().start_ms == 1'020'000);
    CHECK(judged.recent_incidents->front().end_ms == 1'030'000);
  }

  TEST_CASE("a source that cannot be asked makes the state unknown at once, with that cause") {
    Told machine;
    machine.idle(kSlice);
    machine.tell(1'000'000, State::kUp);
    machine.engine().cannot_ask(machine.id, Cause::kSource);
    machine.idle(1000);
    CHECK(machine.now_judged().state == State::kUnknown);
    CHECK(machine.now_judged().cause == Cause::kSource);
    machine.idle(kSlice);
    machine.tell(1'010'000, State::kUp);
    CHECK(machine.now_judged().state == State::kUp);
    CHECK(machine.counters().state_ms == std::array<std::int64_t, 4>{20'000, 0, 0, 0});
  }

  TEST_CASE("what was told already is refused, and what was passed over is unknown") {
    Told machine;
    machine.idle(60'000);
    machine.tell(1'000'000, State::kUp);
    machine.tell(1'000'000, State::kDown);
    CHECK_FALSE(machine.taken);
    machine.tell(1'030'000, State::kUp);
    CHECK(machine.taken);
    CHECK(machine.counters().state_ms == std::array<std::int64_t, 4>{20'000, 0, 20'000, 0});
  }

  TEST_CASE("a gap of the monitor is filled after its start, the outage in it with its bounds") {
    Told machine;
    machine.idle(kSlice);
    machine.tell(1'000'000, State::kUp);
    machine.stop(StopReason::kStop);
    machine.pass(590'000);
    machine.start();
    CHECK(machine.add(record_spec(kSlice)) == machine.id);
    machine.step();
    CHECK(machine.now_judged().cause == Cause::kMonitorStopped);
    CHECK(*machine.engine().told_utc_ms(machine.id) == 1'010'000);
    for (std::int64_t begin_ms = 1'010'000; begin_ms < machine.t_ms(); begin_ms += kSlice) {
      const bool is_down = begin_ms >= 1'200'000 && begin_ms < 1'260'000;
      machine.tell(begin_ms, is_down ? State::kDown : State::kUp);
    }
    const Judgement judged = machine.now_judged();
    CHECK(judged.counters.state_ms == std::array<std::int64_t, 4>{540'000, 60'000, 0, 0});
    REQUIRE(judged.recent_incidents->size() == 1);
    const IncidentRecord& incident = judged.recent_incidents->front();
    CHECK(incident.start_ms == 1'200'000);
    CHECK(incident.end_ms == 1'260'000);
    CHECK(incident.down_ms == 60'000);
    CHECK(incident.unknown_ms == 0);

    // The unknown time that was written meanwhile is not in the history any more.
    machine.beat();
    machine.kill();
    machine.start();
    machine.add(record_spec(kSlice));
    machine.step();
    for (const WindowView& view : machine.now_judged().windows) CHECK(view.totals.unknown_ms == 0);
  }

  TEST_CASE("what is older than the source is asked for becomes unknown for good") {
    Told machine;
    machine.idle(kSlice);
    machine.tell(1'000'000, State::kUp);
    machine.idle(2 * kHourMs);
    const std::int64_t told_ms = *machine.engine().told_utc_ms(machine.id);
    CHECK(told_ms >= machine.t_ms() - kHourMs - kMinuteMs);
    CHECK(machine.counters().state_ms[2] == told_ms - 1'010'000);
    machine.tell(1'010'000, State::kUp);
    CHECK_FALSE(machine.taken);
  }

  TEST_CASE("random gaps: the same as if everything had been known in time; nothing goes back") {
    for (const std::uint64_t seed : test::seeds(1, 40)) {
      CAPTURE(seed);
      std::mt19937_64 random(seed);
      const auto pick = [&](std::int64_t below) {
        return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(below));
      };
      // Maintenance is planned before anything happens.
      std::vector<Exclusion> planned;
      for (std::int64_t i = pick(4); i > 0; --i) {
        const std::int64_t begin_ms = 1'000'000 + 1000 * pick(3000);
        planned.push_back({begin_ms, begin_ms + 1000 * (1 + pick(200)), pick(3) == 0});
      }
      Machine machine(1'000'000);
      machine.start();
      const SloId id = machine.add(record_spec(kSlice), planned);
      StateLog truth;
      SloCounters before;
      std::int64_t events[2] = {0, 0};
      std::vector<State> states;
      State state = State::kUp;
      for (int i = 0; i < 300; ++i) {
        if (pick(8) == 0) state = static_cast<State>(pick(3));
        states.push_back(state);
        truth.append(1'000'000 + i * kSlice, state, Cause::kNone);
        if (state != State::kUnknown) ++events[state == State::kUp ? 0 : 1];
      }
      const std::int64_t end_ms = 1'000'000 + 300 * kSlice;
      std::int64_t away_until_ms = 0;
      while (machine.t_ms() < end_ms + 1000) {
        machine.idle(1000 * (1 + pick(20)));
        if (pick(15) == 0) away_until_ms = machine.t_ms() + 1000 * pick(300);
        if (pick(40) == 0) {
          machine.beat();
          if (pick(2) == 0) {
            machine.stop(StopReason::kStop);
          } else {
            machine.kill();
          }
          if (pick(4) == 0) machine.reboot(1000 * pick(100), 5000);
          machine.pass(1000 * pick(200));
          machine.start();
          REQUIRE(machine.add(record_spec(kSlice), planned) == id);
          machine.step();
        }
        if (machine.t_ms() < away_until_ms && machine.t_ms() < end_ms) {
          machine.engine().cannot_ask(id, Cause::kSource);
        } else {
          // In chunks, as answers come.
          for (std::int64_t chunk = 1 + pick(10); chunk > 0; --chunk) {
            const std::int64_t told_ms = *machine.engine().told_utc_ms(id);
            const std::int64_t slice = (told_ms - 1'000'000) / kSlice;
            if (slice >= 300 || told_ms + kSlice > machine.t_ms()) break;
            CHECK(machine.engine().tell(id, {told_ms, told_ms + kSlice},
                                        states[static_cast<std::size_t>(slice)], Cause::kNone,
                                        machine.now()));
          }
        }
        machine.step();
        const SloCounters now = machine.judge(id).counters;
        for (std::size_t i = 0; i < kStateCount; ++i) {
          CHECK(now.state_ms[i] >= before.state_ms[i]);
        }
        CHECK(now.events_good >= before.events_good);
        CHECK(now.events_bad >= before.events_bad);
        CHECK(now.incidents >= before.incidents);
        before = now;
      }
      while (*machine.engine().told_utc_ms(id) < end_ms) {
        const std::int64_t told_ms = *machine.engine().told_utc_ms(id);
        const auto slice = static_cast<std::size_t>((told_ms - 1'000'000) / kSlice);
        REQUIRE(machine.engine().tell(id, {told_ms, told_ms + kSlice}, states[slice], Cause::kNone,
                                      machine.now()));
      }
      Overlay overlay;
      overlay.set(planned);
      const Totals all = overlay.at(truth, end_ms);
      const Judgement judged = machine.judge(id);
      CHECK(judged.counters.state_ms ==
            std::array<std::int64_t, 4>{all.up_ms, all.down_ms, all.unknown_ms, all.excluded_ms});
      CHECK(judged.counters.events_good == events[0]);
      CHECK(judged.counters.events_bad == events[1]);
      const auto expected = derive_incidents(truth, overlay, 0, end_ms);
      const auto found = machine.engine().report({Period{1'000'000, end_ms}, 0, "all"});
      REQUIRE(found.size() == 1);
      REQUIRE(found.front().incidents.size() == expected.size());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK(found.front().incidents[i].start_ms == expected[i].start_ms);
        CHECK(found.front().incidents[i].down_ms == expected[i].down_ms);
        if (!expected[i].open) CHECK(found.front().incidents[i].end_ms == expected[i].end_ms);
      }
    }
  }

  TEST_CASE("events that are told late are in every number, as if they had been told in time") {
    for (const auto method : {BudgetingMethod::kOccurrences, BudgetingMethod::kRatioTimeslices}) {
      for (const std::uint64_t seed : test::seeds(1, 10)) {
        CAPTURE(seed);
        std::mt19937_64 random(seed);
        const auto pick = [&](std::int64_t below) {
          return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(below));
        };
        const auto spec = record_spec(kSlice);
        spec->budgeting = method;
        std::vector<EventCount> counts;
        EventCount all;
        std::int64_t down_ms = 0;
        for (int i = 0; i < 200; ++i) {
          counts.push_back({1 + pick(50), pick(5) == 0 ? pick(100) : 0});
          all.good += counts.back().good;
          all.bad += counts.back().bad;
          if (counts.back().bad > counts.back().good) down_ms += kSlice;
        }
        Machine in_time(1'000'000);
        Machine late(1'000'000);
        for (Machine* machine : {&in_time, &late}) {
          machine->start();
          const SloId id = machine->add(spec);
          SloCounters before;
          const std::int64_t end_ms = 1'000'000 + 200 * kSlice;
          while (*machine->engine().told_utc_ms(id) < end_ms) {
            machine->idle(kSlice);
            if (machine == &late && pick(20) == 0) {
              machine->stop(StopReason::kUpgrade);
              machine->pass(1000 * pick(200));
              machine->start();
              REQUIRE(machine->add(spec) == id);
            }
            if (machine == &late && machine->t_ms() < end_ms && pick(4) != 0) continue;
            for (;;) {
              const std::int64_t told_ms = *machine->engine().told_utc_ms(id);
              if (told_ms >= end_ms || told_ms + kSlice > machine->t_ms()) break;
              const auto slice = static_cast<std::size_t>((told_ms - 1'000'000) / kSlice);
              REQUIRE(machine->engine().tell(id, {told_ms, told_ms + kSlice}, State::kUnknown,
                                             Cause::kNone, machine->now(), counts[slice]));
            }
            machine->step();
            const SloCounters now = machine->judge(id).counters;
            CHECK(now.events_good >= before.events_good);
            CHECK(now.events_bad >= before.events_bad);
            for (std::size_t i = 0; i < kStateCount; ++i) {
              CHECK(now.state_ms[i] >= before.state_ms[i]);
            }
            before = now;
          }
          CHECK(before.events_good == all.good);
          CHECK(before.events_bad == all.bad);
          CHECK(before.state_ms[2] == 0);
          if (method == BudgetingMethod::kOccurrences) CHECK(before.state_ms[1] == down_ms);
        }
        const auto whole = [&](Machine& machine) {
          const auto reports =
              machine.engine().report({Period{1'000'000, 1'000'000 + 200 * kSlice}, 0, "all"});
          REQUIRE(reports.size() == 1);
          return reports.front();
        };
        const Report expected = whole(in_time);
        const Report found = whole(late);
        CHECK(found.window.totals == expected.window.totals);
        CHECK(found.window.events == expected.window.events);
        if (method == BudgetingMethod::kOccurrences) {
          REQUIRE(found.window.events.has_value());
          CHECK(found.window.events->count == all);
          CHECK(found.window.events->unknown_ms == 0);
        }
        CHECK(found.verdict == expected.verdict);
        CHECK(found.incidents.size() == expected.incidents.size());
      }
    }
  }
}
