#include "slo/hold.h"

#include <string>
#include <vector>

#include "tests/support/doctest.h"

using namespace slo;  // the subject of this file

namespace {

constexpr std::int64_t kHold = 10'000;

// Everything decided up to now, as "1000 up", "11000 unknown lapsed", …
std::vector<std::string> decide(Hold& hold, std::int64_t now_ms) {
  std::vector<std::string> out;
  Decided decided;
  while (hold.next(now_ms, decided)) {
    std::string line = std::to_string(decided.t_ms) + " " + std::string(name(decided.state));
    if (decided.cause != Cause::kNone) line += " " + std::string(name(decided.cause));
    out.push_back(line);
  }
  return out;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a sample speaks from the time its probe was sent until the next one") {
  Hold hold(kHold, 0);
  hold.sent(1000);
  CHECK(decide(hold, 1500) == Lines{});
  CHECK(hold.settled_ms() == 1000);  // nothing is decided beyond a probe in flight
  CHECK(hold.result({1000, State::kUp, Cause::kNone}));
  CHECK(decide(hold, 1600) == Lines{"1000 up"});
  CHECK(hold.settled_ms() == 1600);
  hold.sent(6000);
  CHECK(decide(hold, 7000) == Lines{});
  CHECK(hold.settled_ms() == 6000);
  CHECK(hold.result({6000, State::kDown, Cause::kTimeout}));
  CHECK(decide(hold, 10'000) == Lines{"6000 down timeout"});
}

TEST_CASE("without a next sample the state lapses after the hold") {
  Hold hold(kHold, 0);
  hold.result({1000, State::kDown, Cause::kNone});
  CHECK(decide(hold, 11'000) == Lines{"1000 down"});
  CHECK(decide(hold, 11'001) == Lines{"11000 unknown lapsed"});
  CHECK(decide(hold, 99'000) == Lines{});
  hold.result({100'000, State::kUp, Cause::kNone});
  CHECK(decide(hold, 100'020) == Lines{"100000 up"});
}

TEST_CASE("a sample exactly at the end of the hold leaves no gap") {
  Hold hold(kHold, 0);
  hold.result({0, State::kUp, Cause::kNone});
  hold.sent(10'000);
  CHECK(decide(hold, 13'000) == Lines{"0 up"});
  hold.result({10'000, State::kUp, Cause::kNone});
  CHECK(decide(hold, 13'000) == Lines{"10000 up"});
}

TEST_CASE("a late sample is preceded by the gap it leaves") {
  Hold hold(kHold, 0);
  hold.result({0, State::kUp, Cause::kNone});
  hold.sent(12'000);
  hold.result({12'000, State::kUp, Cause::kNone});
  CHECK(decide(hold, 12'100) == Lines{"0 up", "10000 unknown lapsed", "12000 up"});
}

TEST_CASE("results that overtake wait for the older probe") {
  Hold hold(kHold, 0);
  hold.sent(1000);
  hold.sent(2000);
  hold.sent(3000);
  CHECK(hold.result({3000, State::kUp, Cause::kNone}));
  CHECK(hold.result({2000, State::kDown, Cause::kNone}));
  CHECK(decide(hold, 3500) == Lines{});
  CHECK(hold.settled_ms() == 1000);
  CHECK(hold.result({1000, State::kUp, Cause::kNone}));
  CHECK(decide(hold, 3500) == Lines{"1000 up", "2000 down", "3000 up"});
}

TEST_CASE("duplicates and samples older than an applied one are refused") {
  Hold hold(kHold, 0);
  hold.sent(1000);
  CHECK(hold.result({1000, State::kUp, Cause::kNone}));
  CHECK_FALSE(hold.result({1000, State::kDown, Cause::kNone}));
  CHECK(decide(hold, 1100) == Lines{"1000 up"});
  CHECK_FALSE(hold.result({1000, State::kDown, Cause::kNone}));
  CHECK_FALSE(hold.result({900, State::kDown, Cause::kNone}));
  CHECK(hold.result({1050, State::kDown, Cause::kNone}));  // never announced, but newer
  // It was not announced before 1100 was settled, so it speaks from there on.
  CHECK(decide(hold, 1100) == Lines{"1100 down"});
}

TEST_CASE("a probe that never answers is given up after the hold, its result refused") {
  Hold hold(kHold, 0);
  hold.result({1000, State::kUp, Cause::kNone});
  hold.sent(6000);
  CHECK(decide(hold, 16'000) == Lines{"1000 up"});
  CHECK(hold.settled_ms() == 6000);
  CHECK(decide(hold, 16'001) == Lines{"11000 unknown lapsed"});
  CHECK(hold.settled_ms() == 16'001);
  CHECK_FALSE(hold.result({6000, State::kDown, Cause::kNone}));
}

TEST_CASE("cancelled probes hold nothing up") {
  Hold hold(kHold, 0);
  hold.result({1000, State::kUp, Cause::kNone});
  hold.sent(6000);
  hold.cancel();
  CHECK(decide(hold, 8000) == Lines{"1000 up"});
  CHECK(hold.settled_ms() == 8000);
  CHECK_FALSE(hold.result({6000, State::kDown, Cause::kNone}));
}

TEST_CASE("blindness ends what was sampled before it") {
  Hold hold(kHold, 0);
  hold.result({1000, State::kUp, Cause::kNone});
  CHECK(decide(hold, 3000) == Lines{"1000 up"});
  hold.blind(3000, 93'000, Cause::kStalled);
  CHECK(decide(hold, 93'000) == Lines{"3000 unknown stalled"});
  hold.result({93'500, State::kUp, Cause::kNone});
  CHECK(decide(hold, 93'600) == Lines{"93500 up"});
}

TEST_CASE("a bad result of a probe that met blindness proves nothing, a good one does") {
  const auto f = [](State result, const Lines& want) {
    Hold hold(30'000, 0);
    hold.result({1000, State::kUp, Cause::kNone});
    CHECK(decide(hold, 6000) == Lines{"1000 up"});
    hold.sent(6000);
    CHECK(decide(hold, 6100) == Lines{});
    hold.blind(6100, 18'000, Cause::kSuspended);
    hold.result({6000, result, Cause::kTimeout});
    CHECK(decide(hold, 18'000) == want);
  };
  f(State::kDown, {"6000 unknown suspended", "6100 unknown suspended"});
  f(State::kUp, {"6000 up timeout", "6100 unknown suspended"});
}

TEST_CASE("a probe sent while the judge alone was late counts when good") {
  Hold hold(kHold, 0);
  hold.result({1000, State::kUp, Cause::kNone});
  CHECK(decide(hold, 2000) == Lines{"1000 up"});
  hold.blind(2000, 20'000, Cause::kStalled);
  hold.sent(6000);
  hold.result({6000, State::kUp, Cause::kNone});
  hold.sent(11'000);
  hold.result({11'000, State::kDown, Cause::kNone});
  CHECK(decide(hold, 20'000) == Lines{"2000 unknown stalled", "6000 up", "11000 unknown stalled"});
}

TEST_CASE("more probes in flight than are waited for still count") {
  Hold hold(kHold, 0);
  const auto limit = static_cast<std::int64_t>(Hold::kMaxInFlight);
  for (std::int64_t i = 0; i <= limit; ++i) hold.sent(i + 1);
  CHECK(hold.result({limit + 1, State::kUp, Cause::kNone}));
  for (std::int64_t i = 0; i < limit; ++i) CHECK(hold.result({i + 1, State::kUp, Cause::kNone}));
  CHECK(decide(hold, 1000).size() == Hold::kMaxInFlight + 1);
}
