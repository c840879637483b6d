// What an objective needs to know about a stretch of time, asked of its source and judged: some
// range queries each. Blocks as PrometheusClient does; one thread.
#pragma once

#include <optional>
#include <stop_token>
#include <vector>

#include "app/prometheus_client.h"
#include "slo/record_events.h"

namespace app {

struct SourceAnswer {
  std::vector<slo::ToldSlice> slices;      // of all
  std::vector<slo::CountedSlice> counted;  // of events, as many
  // How the histogram is asked from now on: which kind it is, and by which bucket.
  std::optional<slo::EventQueries> histogram;
};

// The whole slices of [begin, end). histogram is what the answer before found out, if it did.
exporter::Result<SourceAnswer> ask_source(PrometheusClient& client, const SourceSpec& source,
                                          slo::RecordSpec spec,
                                          std::optional<slo::EventQueries> histogram,
                                          const slo::Period& asked, const std::stop_token& stop);

}  // namespace app
