#include "slo/budget.h"

#include <cmath>

#include "slo/windows.h"
#include "tests/support/doctest.h"

using namespace slo;  // the subject of this file

namespace {

const Objective kFourNines{999'900'000};

}  // namespace

TEST_CASE("the verdict follows the budget to the millisecond") {
  const auto f = [](std::int64_t down_ms, std::int64_t unknown_ms, Verdict want) {
    CHECK(verdict(kFourNines, 30 * kDayMs, down_ms, unknown_ms) == want);
  };
  f(0, 0, Verdict::kMet);
  f(259'200, 0, Verdict::kMet);
  f(259'201, 0, Verdict::kViolated);
  f(200'000, 59'200, Verdict::kMet);
  f(200'000, 59'201, Verdict::kUndetermined);
  f(0, 30 * kDayMs, Verdict::kUndetermined);
  f(259'200, 1, Verdict::kUndetermined);
}

TEST_CASE("a young objective is on track while its pace would meet it") {
  CHECK(on_track(kFourNines, kHourMs, 0, 0));
  CHECK(on_track(kFourNines, kHourMs, 300, 60));
  CHECK_FALSE(on_track(kFourNines, kHourMs, 300, 61));
  CHECK(on_track(kFourNines, 0, 0, 0));
}

TEST_CASE("seconds and ratio of the budget always agree, signed") {
  const Budget fresh = budget(kFourNines, 30 * kDayMs, 0);
  CHECK(fresh.total_seconds == 259.2);
  CHECK(fresh.remaining_seconds == 259.2);
  CHECK(fresh.remaining_ratio == 1);
  const Budget half = budget(kFourNines, 30 * kDayMs, 129'600);
  CHECK(half.remaining_seconds == 129.6);
  CHECK(half.remaining_ratio == 0.5);
  const Budget over = budget(kFourNines, 30 * kDayMs, 518'400);
  CHECK(over.consumed_seconds == 518.4);
  CHECK(over.remaining_seconds == -259.2);
  CHECK(over.remaining_ratio == -1);
}

TEST_CASE("a 45 minute rollback is ten months of a 99.99 % budget") {
  CHECK(std::round(-100 * budget(kFourNines, 30 * kDayMs, 45 * kMinuteMs).remaining_ratio) ==
        1042 - 100);
}

TEST_CASE("the burn rate counts known time only and is undefined without any") {
  CHECK(burn_rate(kFourNines, {9'999'000, 1'000, 0, 0}) == doctest::Approx(1));
  CHECK(burn_rate(kFourNines, {0, 1'000, 5'000'000, 0}) == doctest::Approx(10'000));
  CHECK(burn_rate(kFourNines, {1'000, 0, 0, 0}) == 0);
  CHECK(std::isnan(burn_rate(kFourNines, {0, 0, 1'000, 1'000})));
}

TEST_CASE("exhaustion is a countdown: infinite at rest, zero when spent") {
  const Budget half = budget(kFourNines, 30 * kDayMs, 129'600);
  CHECK(exhaustion_seconds(half, 30 * kDayMs, 1) == 15 * 86'400.0);
  CHECK(exhaustion_seconds(half, 30 * kDayMs, 14.4) == doctest::Approx(90'000));
  CHECK(std::isinf(exhaustion_seconds(half, 30 * kDayMs, 0)));
  CHECK(std::isnan(exhaustion_seconds(half, 30 * kDayMs, NAN)));
  const Budget spent = budget(kFourNines, 30 * kDayMs, 259'200);
  CHECK(exhaustion_seconds(spent, 30 * kDayMs, 0) == 0);
  CHECK(exhaustion_seconds(spent, 30 * kDayMs, NAN) == 0);
}

TEST_CASE("bounds of uptime enclose what is known") {
  const Uptime some = uptime({800, 0, 200, 0});
  CHECK(some.known == 1);
  CHECK(some.low == 0.8);
  CHECK(some.high == 1);
  CHECK(some.coverage == 0.8);
  const Uptime nothing = uptime({0, 0, 0, 1000});
  CHECK(std::isnan(nothing.known));
  CHECK(std::isnan(nothing.low));
  CHECK(std::isnan(nothing.high));
  CHECK(std::isnan(nothing.coverage));
}
