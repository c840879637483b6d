// Alert windows as data: which long and short windows page or ticket for an objective's window,
// and the arithmetic of their thresholds (SRE Workbook chapter 5; f = p * W / long). Pure, exact
// in integers, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/error.h"
#include "slo/objective.h"

namespace slo {

inline constexpr std::int64_t kSecondMs = 1000;
inline constexpr std::int64_t kMinuteMs = 60 * kSecondMs;
inline constexpr std::int64_t kHourMs = 60 * kMinuteMs;
inline constexpr std::int64_t kDayMs = 24 * kHourMs;
inline constexpr std::int64_t kMillion = 1'000'000;

enum class Severity : std::uint8_t { kPage, kTicket };
std::string_view name(Severity severity);  // "page", "ticket"

// Fires when more than budget_ppm of the whole budget went within long_ms, and the short window
// says that it is still going.
struct AlertRow {
  std::int64_t long_ms = 0;
  std::int64_t short_ms = 0;
  std::int64_t budget_ppm = 0;  // p: 20,000 is 2 %
  Severity severity = Severity::kPage;
  bool operator==(const AlertRow&) const = default;
};

// The rows for an objective over window_ms: google-30d's percents from 28 d on, three rows of
// 10/20/40 % from 7 d on, 1/3/5/5 % from 90 d on. Shorter than 7 d: the 7 d rows shrunk by
// window/7 d, to whole seconds.
std::vector<AlertRow> default_alert_rows(std::int64_t window_ms);

// f: the burn rate above which the row fires.
double burn_threshold(const AlertRow& row, std::int64_t window_ms);
// Seconds until the budget is gone when burning at f: W/f = long/p.
double seconds_to_exhaust(const AlertRow& row);
// Seconds of an outage with this error ratio until the row fires: f * b * long / e.
double seconds_to_detect(const AlertRow& row, Objective objective, std::int64_t window_ms,
                         double error_ratio);
// Failed probes in the long window that make the row fire: floor(f * b * long / T) + 1.
std::int64_t failures_to_fire(const AlertRow& row, Objective objective, std::int64_t window_ms,
                              std::int64_t interval_ms);
// f >= 1/b: even a total outage does not fire the row.
bool can_never_fire(const AlertRow& row, Objective objective, std::int64_t window_ms);

// (1 - SLO) * W: what may be down in a window; in failed probes of one interval; and the share of
// it that one failed probe takes.
double budget_seconds(Objective objective, std::int64_t window_ms);
double failures_in_budget(Objective objective, std::int64_t window_ms, std::int64_t interval_ms);
double cost_of_one_failure(Objective objective, std::int64_t window_ms, std::int64_t interval_ms);

// Pyrra's windows: a window meant for 28 d, scaled to another period, to whole minutes (0 where
// Pyrra's rules are broken).
std::int64_t pyrra_window_ms(std::int64_t at_28d_ms, std::int64_t window_ms);

// "5m", "1h", "30d": one number and the largest unit of d, h, m, s, ms that divides it.
std::string duration_label(std::int64_t ms);
// "30d", "1h30m", "500ms" (units ms, s, m, h, d, w, y = 365d, in this order from large to small);
// > 0 and at most 10 years. kInvalid with the text.
exporter::Result<std::int64_t> parse_duration(std::string_view text);

}  // namespace slo
