// Ratios, budget and verdict of a time-based objective over one window of W, from exact
// milliseconds. With U, D, X, E the time up, down, unknown and excluded and b = 1 - objective, the
// budget is b W: excluded time does not shrink it, and the verdict follows it. Budgets are signed
// and never clamped; comparisons are made in integers, so that no verdict depends on rounding.
// Pure, any thread.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "slo/objective.h"
#include "slo/state_log.h"

namespace slo {

// NaN for 0/0.
struct Uptime {
  double known = 0;     // U/(U+D)
  double low = 0;       // U/(U+D+X)
  double high = 0;      // (U+X)/(U+D+X)
  double coverage = 0;  // (U+D)/(U+D+X)
};
Uptime uptime(const Totals& totals);

enum class Verdict : std::uint8_t { kMet, kViolated, kUndetermined };
std::string_view name(Verdict verdict);  // "met", "violated", "undetermined"

// met: D + X <= b W; violated: D > b W. unknown_ms includes the time before "since" and the time
// the log forgot.
Verdict verdict(Objective objective, std::int64_t window_ms, std::int64_t down_ms,
                std::int64_t unknown_ms);

// Whether the objective would be met if the whole window went as the measured_ms so far did
// (before-since time left out): D + X <= b * measured.
bool on_track(Objective objective, std::int64_t measured_ms, std::int64_t down_ms,
              std::int64_t unknown_ms);

struct Budget {
  double total_seconds = 0;      // b W
  double consumed_seconds = 0;   // D
  double remaining_seconds = 0;  // b W - D
  double remaining_ratio = 0;    // remaining / total
  // The same in events, for objectives that are judged by them (slo/event_budget.h).
  double total_events = std::numeric_limits<double>::quiet_NaN();
  double consumed_events = std::numeric_limits<double>::quiet_NaN();
  double remaining_events = std::numeric_limits<double>::quiet_NaN();
};
Budget budget(Objective objective, std::int64_t window_ms, std::int64_t down_ms);

// D/known/b, known = U + D; NaN when nothing is known.
double burn_rate(Objective objective, std::int64_t down_ms, std::int64_t known_ms);
inline double burn_rate(Objective objective, const Totals& totals) {
  return burn_rate(objective, totals.down_ms, totals.up_ms + totals.down_ms);
}

// Seconds until the budget is spent at this burn rate: remaining * W / burn. +Inf at burn 0, 0 once
// it is spent, NaN when the burn rate is.
double exhaustion_seconds(const Budget& budget, std::int64_t window_ms, double burn_rate);

}  // namespace slo
