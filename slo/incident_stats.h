// MTTR and its kin over a window. MTTR is the mean full duration of incidents that ended in it;
// MTTF is up time over incidents that began in it; MTBF = MTTF + MTTR, start to start (others call
// our MTTF MTBF). Undefined is NaN, never 0. Pure, any thread.
#pragma once

#include <cstdint>
#include <span>

#include "slo/facts.h"
#include "slo/state_log.h"

namespace slo {

struct IncidentStats {
  std::int64_t closed = 0;       // ended in (a, b]
  std::int64_t begun = 0;        // began in [a, b)
  std::int64_t overlapping = 0;  // some of them in [a, b)
  double mttr_seconds = 0;
  double median_seconds = 0;  // of the same durations as MTTR
  double max_seconds = 0;
  double mttf_seconds = 0;
  // From the end of one to the start of the next of those begun.
  double mttf_median_seconds = 0;
  double mttf_max_seconds = 0;
  double mtbf_seconds = 0;
  // From start to start of the same.
  double mtbf_median_seconds = 0;
  double mtbf_max_seconds = 0;
  double mttd_seconds = 0;  // declared - middle of (last good, first bad], of those begun
  double mttd_median_seconds = 0;
  double mttd_max_seconds = 0;
  double mean_down_seconds = 0;  // down in the window / overlapping
  bool complete = true;          // false: more incidents than are kept, these are the newest
};

// `window` are the totals of [a_ms, b_ms); incidents are ordered by start.
IncidentStats incident_stats(std::span<const IncidentRecord> incidents, std::int64_t a_ms,
                             std::int64_t b_ms, const Totals& window);

}  // namespace slo
