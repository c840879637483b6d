// Both comparisons are exact. With p in parts per million and b in parts per billion:
//   D(long) > p b W                 <=>  D 10^15 > p b W
//   D/(U+D)/b > p W/long (short)    <=>  D long 10^15 > p b W (U+D)
#include "slo/burn.h"

#include "slo/budget.h"
#include "slo/int128.h"

namespace slo {

void update_row(const AlertRow& row, Objective objective, std::int64_t window_ms,
                const Totals& long_window, const Totals& short_window, bool enough_failures,
                RowState& state) {
  const std::int64_t known_ms = short_window.up_ms + short_window.down_ms;
  state.stale = known_ms == 0 || known_ms < short_window.unknown_ms;
  if (state.stale) return;
  state.long_down_ms = long_window.down_ms;
  state.long_known_ms = long_window.up_ms + long_window.down_ms;
  state.short_down_ms = short_window.down_ms;
  state.short_known_ms = known_ms;
  constexpr std::int64_t kScale = kMillion * kBillion;
  const Int128 share = wide(row.budget_ppm) * objective.budget_ppb() * window_ms;
  state.firing = enough_failures && wide(long_window.down_ms) * kScale > share &&
                 wide(short_window.down_ms) * row.long_ms * kScale > share * known_ms;
}

RowReading read_row(const RowState& state, Objective objective, std::int64_t window_ms) {
  return {burn_rate(objective, state.long_down_ms, state.long_known_ms),
          burn_rate(objective, state.short_down_ms, state.short_known_ms),
          static_cast<double>(state.long_down_ms) / 1e3 / budget_seconds(objective, window_ms),
          state.firing, state.stale};
}

}  // namespace slo
