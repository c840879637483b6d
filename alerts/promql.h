// Pieces of PromQL over the series that fournines exports (slo/series.h), for the rules that it
// writes. Bad time and bad events are differences of counters over a window: sums may be taken over
// instances, and nothing is a mean of ratios. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "slo/spec.h"

namespace alerts {

// A string literal of PromQL, with its quotes.
std::string promql_quoted(std::string_view text);

// The shortest decimal that reads back as the same double, without an exponent.
std::string promql_number(double value);

// A duration as Prometheus writes it: 30d, 4w, 1h4m, 2d3h25m42s.
std::string promql_duration(std::int64_t ms);

// {service="shop",slo="website",more}
std::string slo_selector(const slo::SloSpec& spec, std::string_view more = {});

// f * b of a row: the share of its long window that may be bad; and its burn rate f.
double error_ratio_threshold(const slo::AlertRow& row, const slo::SloSpec& spec);

// Budgets by time count state seconds, others events.
inline bool counts_time(const slo::SloSpec& spec) {
  return spec.budgeting != slo::BudgetingMethod::kOccurrences;
}

// The share of the window that was bad, summed up "by (...)", or over everything with "". Per time:
// of the whole window, so that a young objective does not page sooner than its budget says. Per
// events: of the events; where there were none 0 with `no_events: good`, else absent.
std::string error_ratio(const slo::SloSpec& spec, std::int64_t window_ms, std::string_view by);
// The same of what is known, for the service level itself. Absent where nothing is known.
std::string known_error_ratio(const slo::SloSpec& spec, const std::string& window);

// Bad events, a number with fractions: compare it with "> n - 0.5". Absent for objectives without
// events.
std::string bad_events(const slo::SloSpec& spec, std::int64_t window_ms, std::string_view by);

}  // namespace alerts
