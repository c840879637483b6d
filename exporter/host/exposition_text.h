// Whole texts with metrics that others wrote: text format 0.0.4, or OpenMetrics 1.0 when the text
// ends with "# EOF". Read as strictly as Prometheus' own parser for exporters does it, so one bad
// line refuses the whole text: a half of it could mean something else. Formats:
// prometheus.io/docs/instrumenting/exposition_formats and the OpenMetrics specification. Pure, any
// thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/error.h"
#include "exporter/core/samples.h"
#include "exporter/host/exposition_line.h"

namespace exporter {

// As it is served: the names that OpenMetrics gives families are those of text format 0.0.4 here
// (a_total, a_info; a_created and the parts of a gauge histogram are gauges of their own).
struct TextFamily {
  std::string name;
  std::optional<std::string> help;
  MetricType type = MetricType::kUntyped;
  std::vector<SampleLine> samples;  // of a histogram or summary, with the endings of their names
};

// The families in the order of their first lines; some may have no samples. More than max_samples
// are an error. Errors say "line 3: ...".
Result<std::vector<TextFamily>> parse_exposition(std::string_view text, std::size_t max_samples);

}  // namespace exporter
