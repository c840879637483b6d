#include "slo/record_events.h"

#include <limits>

#include "tests/support/doctest.h"

using namespace slo;

namespace {

RecordSpec spec(bool counters) {
  RecordSpec spec;
  spec.interval_ms = 10'000;
  spec.slice_ms = 20'000;
  spec.target_ppb = kBillion / 2;
  spec.events.emplace();
  spec.events->counters = counters;
  spec.events->part_is_good = false;
  return spec;
}

// Values at 0, 10, 20 ... seconds; negative ones are left out.
Track track(const std::vector<double>& values) {
  Track track;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] < 0) continue;
    track.samples.push_back({static_cast<std::int64_t>(i) * 10'000, values[i]});
  }
  return track;
}

constexpr Period kTwoSlices{0, 40'000};
const std::vector<Track> kAlways{track({1, 1, 1, 1, 1})};

}  // namespace

TEST_SUITE("record events") {
  TEST_CASE("counters: what grew from the begin of a slice to its end, over all series") {
    const auto slices =
        count_slices(spec(true), kTwoSlices, {track({5, 5, 6, 6, 6})},
                     {track({100, 110, 120, 120, 150}), track({0, 1, 2, 3, 4})}, kAlways);
    REQUIRE(slices.size() == 2);
    CHECK(slices[0].period == Period{0, 20'000});
    CHECK(slices[0].bad == 1);
    CHECK(slices[0].good == 21);
    CHECK(slices[1].bad == 0);
    CHECK(slices[1].good == 32);
  }

  TEST_CASE("a counter that fell began anew at 0, a new one grows from its first value on") {
    const auto slices =
        count_slices(spec(true), kTwoSlices, {},
                     {track({100, 3, 5, -1, 7}), track({-1, -1, 50, 60, 61})}, kAlways);
    CHECK(slices[0].good == 5);
    CHECK(slices[1].good == 2 + 11);
    CHECK(slices[0].bad == 0);
  }

  TEST_CASE("numbers: the value at the end of a slice is what was in it, a rate is scaled") {
    RecordSpec rates = spec(false);
    rates.events->part_scale = 20;
    rates.events->total_scale = 20;
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto slices = count_slices(rates, kTwoSlices, {track({9, 9, 0.1, 9, nan})},
                                     {track({9, 9, 2, 9, 3})}, kAlways);
    CHECK(slices[0].bad == doctest::Approx(2));
    CHECK(slices[0].good == doctest::Approx(38));
    CHECK(slices[1].bad == 0);  // nothing of the bad ones
    CHECK(slices[1].good == doctest::Approx(60));
  }

  TEST_CASE("without a total, without the good ones, or while the source did not run: not known") {
    CHECK_FALSE(count_slices(spec(true), kTwoSlices, {track({1, 1, 1})}, {}, kAlways)[0].is_known);
    RecordSpec good = spec(true);
    good.events->part_is_good = true;
    CHECK_FALSE(count_slices(good, kTwoSlices, {}, {track({1, 2, 3})}, kAlways)[0].is_known);
    CHECK(count_slices(good, kTwoSlices, {track({1, 2, 3})}, {track({1, 2, 3})}, kAlways)[0]
              .is_known);
    const auto slices = count_slices(spec(true), kTwoSlices, {}, {track({1, 2, 3, 4, 5})},
                                     {track({1, 1, 1, -1, -1})});
    CHECK(slices[0].is_known);
    CHECK_FALSE(slices[1].is_known);
  }

  TEST_CASE("slices are up or down by their share of good events; without any as it is told") {
    RecordSpec events = spec(true);
    const auto state = [&](double good, double bad, bool is_known = true) {
      return judge_counted(events, {{0, 20'000}, good, bad, is_known}).state;
    };
    CHECK(state(1, 1) == State::kUp);
    CHECK(state(1, 2) == State::kDown);
    CHECK(state(1, 0, false) == State::kUnknown);
    CHECK(state(0, 0) == State::kUnknown);
    events.when_absent = WhenAbsent::kGood;
    CHECK(state(0, 0) == State::kUp);
    events.when_absent = WhenAbsent::kBad;
    CHECK(state(0, 0) == State::kDown);
  }

  TEST_CASE("a classic histogram needs the threshold among its bounds, and tells those it has") {
    EventQueries latency;
    latency.histogram = R"(http_seconds{job="api"})";
    latency.bound = 0.4;
    const auto bucket = [](const char* le) { return Track{{{"le", le}}, {}}; };
    auto queries =
        classic_queries(latency, {bucket("0.1"), bucket("0.40"), bucket("0.4"), bucket("+Inf")});
    REQUIRE(queries.has_value());
    CHECK(queries->counters);
    CHECK(queries->part == R"(http_seconds_bucket{job="api",le=~"0[.]40|0[.]4"})");
    CHECK(queries->total == R"(http_seconds_count{job="api"})");
    latency.bound = 0.3;
    queries = classic_queries(latency, {bucket("1"), bucket("0.1"), bucket("1.0"), bucket("+Inf")});
    REQUIRE_FALSE(queries.has_value());
    CHECK(queries.error().message.find("0.3 is no bound") != std::string::npos);
    CHECK(queries.error().message.ends_with("there are 0.1 1"));
  }

  TEST_CASE("a native histogram is asked for the share of its growth") {
    EventQueries latency;
    latency.histogram = "http_seconds";
    latency.bound = 0.25;
    const EventQueries queries = native_queries(latency, 60'000);
    CHECK_FALSE(queries.counters);
    CHECK(queries.total == "histogram_count(sum(increase(http_seconds[1m])))");
    CHECK(queries.part ==
          "histogram_fraction(-Inf, 0.25, sum(increase(http_seconds[1m]))) * "
          "histogram_count(sum(increase(http_seconds[1m])))");
  }

  TEST_CASE("selectors of a histogram's series") {
    CHECK(derived_selector("a", "_count") == "a_count");
    CHECK(derived_selector("a{}", "_bucket", "le=\"1\"") == "a_bucket{le=\"1\"}");
    CHECK(derived_selector("a {b=\"}\", }", "_count") == "a_count{b=\"}\"}");
  }
}
