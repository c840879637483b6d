#include "slo/record_rule.h"

#include <limits>

#include "tests/support/doctest.h"

using namespace slo;

namespace {

RecordSpec spec() {
  RecordSpec spec;
  spec.comparison = Comparison::kLt;
  spec.value = 100;
  spec.interval_ms = 10'000;
  spec.slice_ms = 40'000;
  spec.target_ppb = kBillion / 2;
  return spec;
}

Track track(std::vector<Track::Sample> samples) { return {{}, std::move(samples)}; }

constexpr Period kTwoSlices{1'000'000, 1'080'000};

// The source had fresh samples at every evaluation.
std::vector<Track> always(const Period& asked) {
  Track alive;
  for (std::int64_t t_ms = asked.begin_ms + 10'000; t_ms <= asked.end_ms; t_ms += 10'000) {
    alive.samples.push_back({t_ms, 1});
  }
  return {alive};
}

}  // namespace

TEST_SUITE("record rule") {
  TEST_CASE("a slice has the values after its begin, the one at its end included") {
    const auto told = judge_slices(spec(), kTwoSlices,
                                   {track({{1'000'000, 1},  // of the slice before
                                           {1'010'000, 500},
                                           {1'020'000, 500},
                                           {1'030'000, 500},
                                           {1'040'000, 500},
                                           {1'050'000, 1},
                                           {1'060'000, 1},
                                           {1'070'000, 500},
                                           {1'080'000, 500},
                                           {1'090'000, 1}})},
                                   always(kTwoSlices));
    REQUIRE(told.size() == 2);
    CHECK(told[0].period == Period{1'000'000, 1'040'000});
    CHECK(told[0].state == State::kDown);
    CHECK(told[0].cause == Cause::kResponse);
    CHECK(told[1].state == State::kUp);  // a half is the target
    CHECK(told[1].cause == Cause::kNone);
  }

  TEST_CASE("samples are counted where each of them counts, as many as there are series") {
    RecordSpec bad = spec();
    bad.when_absent = WhenAbsent::kBad;
    const auto counted = count_samples(
        bad, kTwoSlices,
        {track({{1'010'000, 500}, {1'020'000, 1}, {1'030'000, 1}}), track({{1'010'000, 1}})},
        always({1'000'000, 1'040'000}));
    REQUIRE(counted.size() == 2);
    CHECK(counted[0].is_known);
    CHECK(counted[0].good == 3);
    CHECK(counted[0].bad == 2);  // nothing at 1'040'000
    CHECK_FALSE(counted[1].is_known);
  }

  TEST_CASE("every series is a sample, and a value that is no number is none") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto told =
        judge_slices(spec(), {0, 40'000},
                     {track({{10'000, 1}, {20'000, 1}}), track({{10'000, 500}, {20'000, 500}}),
                      track({{10'000, 500}, {20'000, nan}})},
                     always({0, 40'000}));
    REQUIRE(told.size() == 1);
    CHECK(told[0].state == State::kDown);  // 2 of 5
  }

  TEST_CASE("less than half of the evaluations found anything: unknown") {
    const auto told =
        judge_slices(spec(), kTwoSlices, {track({{1'010'000, 1}, {1'050'000, 1}, {1'060'000, 1}})},
                     always(kTwoSlices));
    REQUIRE(told.size() == 2);
    CHECK(told[0].state == State::kUnknown);
    CHECK(told[0].cause == Cause::kNoData);
    CHECK(told[1].state == State::kUp);
  }

  TEST_CASE("what the source still gave while it took no samples itself is no evidence") {
    const Track last_heard =
        track({{1'050'000, 1}, {1'060'000, 1}, {1'070'000, 1}, {1'080'000, 1}});
    const auto told = judge_slices(spec(), kTwoSlices, {last_heard}, {track({{1'050'000, 1}})});
    REQUIRE(told.size() == 2);
    CHECK(told[1].state == State::kUnknown);
  }

  TEST_CASE("absent counts as told while the source ran, and as unknown while it did not") {
    RecordSpec bad = spec();
    bad.when_absent = WhenAbsent::kBad;
    const auto alive = track({{1'010'000, 1}, {1'020'000, 1}, {1'030'000, 1}, {1'040'000, 1}});
    auto told = judge_slices(bad, kTwoSlices, {}, {alive});
    REQUIRE(told.size() == 2);
    CHECK(told[0].state == State::kDown);
    CHECK(told[1].state == State::kUnknown);
    bad.when_absent = WhenAbsent::kGood;
    told = judge_slices(bad, kTwoSlices, {}, {alive});
    CHECK(told[0].state == State::kUp);
    CHECK(told[1].state == State::kUnknown);
  }

  TEST_CASE("values off the grid and a period shorter than a slice tell nothing") {
    CHECK(judge_slices(spec(), {0, 40'000}, {track({{10'001, 1}, {20'001, 1}})},
                       always({0, 40'000}))[0]
              .state == State::kUnknown);
    CHECK(judge_slices(spec(), {0, 39'999}, {track({{10'000, 1}})}, {}).empty());
  }
}
