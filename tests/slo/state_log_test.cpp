#include "slo/state_log.h"

#include <random>
#include <vector>

#include "slo/overlay.h"
#include "tests/support/doctest.h"

using namespace slo;  // the subject of this file

TEST_CASE("cumulative time is exact at every instant") {
  StateLog log;
  CHECK(log.at(5) == Totals{});
  log.append(100, State::kUp, Cause::kNone);
  log.append(130, State::kDown, Cause::kTimeout);
  log.append(150, State::kUnknown, Cause::kLapsed);
  log.append(151, State::kUp, Cause::kNone);
  CHECK(log.at(0) == Totals{});
  CHECK(log.at(100) == Totals{});
  CHECK(log.at(129) == Totals{29, 0, 0, 0});
  CHECK(log.at(140) == Totals{30, 10, 0, 0});
  CHECK(log.at(151) == Totals{30, 20, 1, 0});
  CHECK(log.at(1'151) == Totals{1'030, 20, 1, 0});
}

TEST_CASE("only a new state is a change; for unknown time a new cause is one too") {
  StateLog log;
  CHECK(log.append(0, State::kDown, Cause::kConnect));
  CHECK_FALSE(log.append(10, State::kDown, Cause::kTimeout));
  CHECK(log.last().cause == Cause::kConnect);
  CHECK(log.append(20, State::kUnknown, Cause::kLapsed));
  CHECK_FALSE(log.append(30, State::kUnknown, Cause::kLapsed));
  CHECK(log.append(40, State::kUnknown, Cause::kMonitorStopped));
  CHECK(log.changes().size() == 3);
}

TEST_CASE("a second change of the same instant replaces the first") {
  StateLog log;
  log.append(0, State::kUp, Cause::kNone);
  log.append(10, State::kUnknown, Cause::kLapsed);
  CHECK(log.append(10, State::kDown, Cause::kNone));
  CHECK(log.changes().size() == 2);
  CHECK(log.at(15) == Totals{10, 5, 0, 0});
}

TEST_CASE("a full log forgets its beginning and says so") {
  StateLog log(8);
  for (int i = 0; i < 100; ++i) {
    log.append(i * 10, i % 2 == 0 ? State::kUp : State::kDown, Cause::kNone);
  }
  CHECK(log.changes().size() <= 8);
  CHECK(log.dropped() > 0);
  CHECK(log.begin_ms() == static_cast<std::int64_t>(log.dropped()) * 10);
  // Totals stay cumulative since the first change ever, and stand still before what is known.
  CHECK(log.at(1000) == Totals{500, 500, 0, 0});
  CHECK(log.at(0) == log.at(log.begin_ms()));
}

TEST_CASE("a cursor finds what a search finds, also when the log drops changes under it") {
  std::mt19937_64 random(7);
  StateLog log(64);
  std::vector<StateLog::Cursor> cursors(11);
  std::int64_t t = 0;
  std::uint64_t mismatches = 0;
  for (int step = 0; step < 20'000; ++step) {
    t += static_cast<std::int64_t>(random() % 50);
    if (random() % 3 == 0) {
      log.append(t, static_cast<State>(random() % 3), static_cast<Cause>(random() % 3));
    }
    for (std::size_t i = 0; i < cursors.size(); ++i) {
      const std::int64_t edge = t - static_cast<std::int64_t>(i * i * 37);
      mismatches += log.at(edge, cursors[i]) == log.at(edge) ? 0 : 1;
    }
  }
  CHECK(mismatches == 0);
}

TEST_CASE("an overlay turns any state into excluded or up time") {
  StateLog log;
  log.append(0, State::kUp, Cause::kNone);
  log.append(100, State::kDown, Cause::kNone);
  log.append(200, State::kUp, Cause::kNone);
  Overlay overlay;
  overlay.set({{50, 150, false}});
  CHECK(overlay.at(log, 300) == Totals{150, 50, 0, 100});
  CHECK(overlay.at(log, 120) == Totals{50, 0, 0, 70});
  overlay.set({{50, 150, true}});
  CHECK(overlay.at(log, 300) == Totals{250, 50, 0, 0});
  overlay.set({});
  CHECK(overlay.at(log, 300) == Totals{200, 100, 0, 0});
}

TEST_CASE("overlapping exclusions are one, and excluded wins over up") {
  Overlay overlay;
  overlay.set({{10, 20, true}, {15, 30, false}, {30, 40, false}, {5, 5, false}, {50, 40, true}});
  CHECK(overlay.intervals() == std::vector<Exclusion>{{10, 15, true}, {15, 40, false}});
  CHECK_FALSE(overlay.contains(9));
  CHECK(overlay.contains(10));
  CHECK(overlay.contains(39));
  CHECK_FALSE(overlay.contains(40));
  CHECK(overlay.next_edge(0) == 10);
  CHECK(overlay.next_edge(11) == 15);
  CHECK(overlay.next_edge(16) == 40);
  CHECK(overlay.next_edge(40) == 40);
  CHECK_FALSE(overlay.next_edge(41));
}

TEST_CASE("an overlay over a log equals a recount millisecond by millisecond") {
  std::mt19937_64 random(11);
  for (int round = 0; round < 60; ++round) {
    StateLog log(round % 3 == 0 ? 8 : StateLog::kDefaultMaxChanges);
    std::vector<State> cells(600, State::kExcluded);
    std::int64_t t = static_cast<std::int64_t>(random() % 20);
    Overlay overlay;
    std::vector<Exclusion> exclusions;
    for (std::size_t i = random() % 6; i > 0; --i) {
      const auto begin = static_cast<std::int64_t>(random() % 600);
      exclusions.push_back(
          {begin, begin + static_cast<std::int64_t>(random() % 120), random() % 3 == 0});
    }
    overlay.set(exclusions);
    while (t < 600) {
      const auto state = static_cast<State>(random() % 3);
      log.append(t, state, Cause::kNone);
      for (std::size_t i = static_cast<std::size_t>(t); i < cells.size(); ++i) cells[i] = state;
      // Reads between the changes fill the overlay's cache, as ticks do.
      overlay.at(log, t);
      t += 1 + static_cast<std::int64_t>(random() % 40);
    }
    const std::int64_t from = log.begin_ms();
    Totals want;
    for (std::int64_t cell = from; cell < 600; ++cell) {
      CHECK(overlay.at(log, cell) - overlay.at(log, from) == want);
      bool excluded = false;
      bool up = false;
      for (const Exclusion& e : exclusions) {
        if (cell < e.begin_ms || cell >= e.end_ms) continue;
        (e.counts_as_up ? up : excluded) = true;
      }
      const State state = excluded ? State::kExcluded
                          : up     ? State::kUp
                                   : cells[static_cast<std::size_t>(cell)];
      ++(state == State::kUp        ? want.up_ms
         : state == State::kDown    ? want.down_ms
         : state == State::kUnknown ? want.unknown_ms
                                    : want.excluded_ms);
    }
  }
}
