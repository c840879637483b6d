// SLIs over the series of a source: what it is asked for, as the configuration writes it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/source_spec.h"
#include "app/yaml.h"
#include "slo/record_rule.h"
#include "slo/series_rule.h"

namespace app {

// Queries before the window is put in.
struct Asked {
  const SourceSpec* source = nullptr;
  std::string metric;  // a selector
  std::string query;   // or PromQL
  std::optional<slo::EventQueries> events;

  bool is_complete() const {
    return source != nullptr && (events || !metric.empty() || !query.empty());
  }
};

// Takes `source`; false when the SLI has none. An unknown one is an error.
bool read_asked_source(YamlMap& map, const std::vector<SourceSpec>& sources, Asked& asked);
// Of a threshold or a gauge: `metric`, a selector, or `query`, PromQL.
void read_asked_value(YamlMap& map, Asked& asked);
// `good` or `bad`, and `total`: all of them selectors of counters, or all of them PromQL.
void read_asked_events(YamlMap& map, Asked& asked);
// `histogram`, a selector, and `threshold`.
void read_asked_latency(YamlMap& map, Asked& asked);

// How often it is asked without an `interval`: growth that PromQL computes needs several scrapes
// within it.
std::int64_t default_interval_ms(const Asked& asked);

// Everything together; asked is complete. The interval, the slice and what is absent come from
// spec.
slo::RecordSpec record_of(const Asked& asked, const slo::SeriesSpec& spec);

}  // namespace app
