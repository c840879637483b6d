// One alert row judged at one instant (SRE Workbook, chapter 5): it fires when more than its share
// of the whole budget went within the long window, the burn rate of the short window is above the
// threshold, and the short window holds enough bad events. When less than half of the short window
// is known the row is stale: it neither fires nor resolves, and its numbers stay what they were.
// Pure.
#pragma once

#include <cstdint>

#include "slo/objective.h"
#include "slo/state_log.h"
#include "slo/windows.h"

namespace slo {

// What is known about a row after each tick; a frozen one keeps its milliseconds.
struct RowState {
  std::int64_t long_down_ms = 0;
  std::int64_t long_known_ms = 0;
  std::int64_t short_down_ms = 0;
  std::int64_t short_known_ms = 0;
  bool firing = false;
  bool stale = false;
};

// The windows without the time before "since".
void update_row(const AlertRow& row, Objective objective, std::int64_t window_ms,
                const Totals& long_window, const Totals& short_window, bool enough_failures,
                RowState& state);

// The same for people. NaN when nothing was known.
struct RowReading {
  double long_burn = 0;
  double short_burn = 0;
  double budget_consumed = 0;  // D(long)/(b W)
  bool firing = false;
  bool stale = false;
};
RowReading read_row(const RowState& state, Objective objective, std::int64_t window_ms);

}  // namespace slo
