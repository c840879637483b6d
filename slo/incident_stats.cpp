#include "slo/incident_stats.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

namespace slo {
namespace {

double ratio(std::int64_t numerator_ms, std::int64_t count) {
  if (count == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(numerator_ms) / 1e3 / static_cast<double>(count);
}

double longest(const std::vector<std::int64_t>& values) {
  return values.empty() ? ratio(0, 0) : ratio(*std::ranges::max_element(values), 1);
}

// The middle one, or the mean of the two in the middle; reorders.
double median(std::vector<std::int64_t>& values) {
  if (values.empty()) return ratio(0, 0);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return ratio(*middle, 1);
  return ratio(*std::max_element(values.begin(), middle) + *middle, 2);
}

}  // namespace

IncidentStats incident_stats(std::span<const IncidentRecord> incidents, std::int64_t a_ms,
                             std::int64_t b_ms, const Totals& window) {
  IncidentStats stats;
  std::vector<std::int64_t> durations_ms;
  std::vector<std::int64_t> twice_delays_ms;
  std::vector<std::int64_t> apart_ms;    // of two that follow each other: from start to start
  std::vector<std::int64_t> between_ms;  // from end to start
  std::optional<std::int64_t> next_start_ms;
  std::int64_t repair_ms = 0;
  std::int64_t twice_delay_ms = 0;
  // Incidents do not overlap, so from the first that touches the window on all later ones may.
  for (std::size_t i = incidents.size(); i-- > 0;) {
    const IncidentRecord& incident = incidents[i];
    if (!incident.open && incident.end_ms <= a_ms) break;
    if (incident.start_ms >= b_ms) continue;
    ++stats.overlapping;
    if (incident.start_ms >= a_ms) {
      ++stats.begun;
      twice_delays_ms.push_back(2 * incident.detected_ms - incident.start_ms -
                                incident.start_earliest_ms);
      twice_delay_ms += twice_delays_ms.back();
      if (next_start_ms) {
        apart_ms.push_back(*next_start_ms - incident.start_ms);
        between_ms.push_back(*next_start_ms - incident.end_ms);
      }
      next_start_ms = incident.start_ms;
    }
    if (!incident.open && incident.end_ms <= b_ms) {
      durations_ms.push_back(incident.duration_ms());
      repair_ms += incident.duration_ms();
    }
  }
  stats.closed = static_cast<std::int64_t>(durations_ms.size());
  stats.mttr_seconds = ratio(repair_ms, stats.closed);
  stats.median_seconds = median(durations_ms);
  stats.max_seconds = longest(durations_ms);
  stats.mttd_median_seconds = median(twice_delays_ms) / 2;
  stats.mttd_max_seconds = longest(twice_delays_ms) / 2;
  stats.mttf_median_seconds = median(between_ms);
  stats.mttf_max_seconds = longest(between_ms);
  stats.mtbf_median_seconds = median(apart_ms);
  stats.mtbf_max_seconds = longest(apart_ms);
  stats.mttf_seconds = ratio(window.up_ms, stats.begun);
  stats.mtbf_seconds = stats.mttf_seconds + stats.mttr_seconds;
  stats.mttd_seconds = ratio(twice_delay_ms, 2 * stats.begun);
  stats.mean_down_seconds = ratio(window.down_ms, stats.overlapping);
  return stats;
}

}  // namespace slo
