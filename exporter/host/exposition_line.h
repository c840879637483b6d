// The smallest pieces of Prometheus' text formats, shared by text format 0.0.4 and OpenMetrics 1.0:
// names, label sets, values. What one line may not have is an error in words, without the place.
// Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/core/error.h"
#include "exporter/core/number.h"

namespace exporter {

using TextLabels = std::vector<std::pair<std::string, std::string>>;

struct SampleLine {
  std::string name;
  TextLabels labels;  // unescaped, sorted by name, no name twice, valid UTF-8
  Number value;
};

// Takes a metric name ([a-zA-Z_:][a-zA-Z0-9_:]*) off the front of text; empty: there is none.
std::string_view take_metric_name(std::string_view& text);

// A whole line such as
//
//   http_requests{code="200",path="a\"b"} 1027
//
// A time stamp behind the value is an error. An OpenMetrics exemplar (" # {...} 1") is let go.
Result<SampleLine> parse_sample_line(std::string_view line, bool openmetrics);

// "17", "-1", "2.5e3", "+Inf", "NaN".
std::optional<Number> parse_value(std::string_view text);

// HELP texts and label values as written: backslash before another backslash, an n or (with
// `quotes`) a double quote. Nothing when something else stands behind a backslash.
std::optional<std::string> unescaped(std::string_view text, bool quotes);

// The value of le or quantile, written in the one way that Prometheus writes it: "0.50" is "0.5",
// "1000000" is "1e+06". Nothing when it is no number.
std::optional<std::string> canonical_bound(std::string_view text);

}  // namespace exporter
