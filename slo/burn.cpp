// Both comparisons are exact. With p in parts per million and b in parts per billion:
//   D(long) > p b W                 <=>  D 10^15 > p b W
//   D/(U+D)/b > p W/long (short)    <=>  D long 10^15 > p b W (U+D)
#include "slo/burn.h"

#include "slo/budget.h"
#include "slo/int128.h"

namespace slo {

bool is_stale(const Totals& short_window) {
  const std::int64_t known_ms = short_window.up_ms + short_window.down_ms;
  return known_ms == 0 || known_ms < short_window.unknown_ms;
}

RowReading read_row(const AlertRow& row, Objective objective, std::int64_t window_ms,
                    const RowInput& input, const RowReading& last) {
  if (is_stale(input.short_window)) {
    RowReading frozen = last;
    frozen.stale = true;
    return frozen;
  }
  RowReading now;
  now.long_burn = burn_rate(objective, input.long_window);
  now.short_burn = burn_rate(objective, input.short_window);
  const Int128 budget = wide(objective.budget_ppb()) * window_ms;
  now.budget_consumed =
      static_cast<double>(wide(input.long_window.down_ms) * kBillion) / static_cast<double>(budget);
  const Int128 share = budget * row.budget_ppm;
  constexpr std::int64_t kScale = kMillion * kBillion;
  const std::int64_t known_ms = input.short_window.up_ms + input.short_window.down_ms;
  now.firing = wide(input.long_window.down_ms) * kScale > share &&
               wide(input.short_window.down_ms) * row.long_ms * kScale > share * known_ms &&
               input.enough_failures;
  return now;
}

}  // namespace slo
