// One alert row judged at one instant (slo.md 2.5): it fires when more than its share of the whole
// budget went within the long window, the burn rate of the short window is above the threshold,
// and the short window holds enough bad events. When less than half of the short window is known
// the row is stale: it neither fires nor resolves, and its numbers stay what they were. Pure.
#pragma once

#include <cstdint>

#include "slo/objective.h"
#include "slo/state_log.h"
#include "slo/windows.h"

namespace slo {

struct RowReading {
  double long_burn = 0;  // NaN when nothing is known
  double short_burn = 0;
  double budget_consumed = 0;  // D(long)/(b W)
  bool firing = false;
  bool stale = false;

  bool operator==(const RowReading&) const = default;
};

struct RowInput {
  Totals long_window;
  Totals short_window;  // without the time before "since"
  bool enough_failures = true;
};

// `last` is the reading before; a row never measured starts as RowReading{NaN, NaN, 0}.
RowReading read_row(const AlertRow& row, Objective objective, std::int64_t window_ms,
                    const RowInput& input, const RowReading& last);

// Less than half of the window is known, or nothing but excluded time is in it.
bool is_stale(const Totals& short_window);

}  // namespace slo
