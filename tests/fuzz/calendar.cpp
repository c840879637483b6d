// Rules of maintenance, periods, instants and zones as people write them.
#include "slo/maintenance.h"
#include "slo/windows.h"
#include "tests/fuzz/fuzz.h"

void fuzz_calendar(std::string_view input) {
  const auto zone = slo::Zone::find(input);
  if (const auto instant = slo::parse_instant(input)) {
    const std::int64_t ms = *instant;
    FUZZ_CHECK(ms > -100'000'000'000'000 && ms < 300'000'000'000'000);
  }
  if (const auto day = slo::parse_day(input)) {
    FUZZ_CHECK(slo::civil_day(slo::days_since_epoch(*day)) == *day);
  }
  if (const auto period = slo::parse_period(input, zone ? *zone : slo::Zone())) {
    FUZZ_CHECK(period->begin_ms < period->end_ms);
  }
  if (auto rule = slo::parse_rule(input)) {
    slo::Maintenance maintenance;
    maintenance.rule = std::move(*rule);
    maintenance.duration_ms = slo::kHourMs;
    maintenance.first = {2026, 1, 31};
    constexpr std::int64_t kBegin = 1'798'761'600'000;
    std::int64_t before_ms = 0;
    for (const slo::Period& one : maintenance.between(kBegin, kBegin + 60 * slo::kDayMs)) {
      FUZZ_CHECK(one.begin_ms > before_ms && one.length_ms() == slo::kHourMs);
      before_ms = one.begin_ms;
    }
  }
}
