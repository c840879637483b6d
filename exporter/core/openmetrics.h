// The same page as OpenMetrics 1.0 (the specification in OpenObservability/OpenMetrics), made from
// the page in text format 0.0.4 for the few scrapers that take nothing else: the text that
// everybody gets costs nothing more. Sample names, labels and values stay byte for byte what they
// are, except that le and quantile are written as floating point numbers. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

namespace exporter {

inline constexpr char kTextFormat[] = "text/plain; version=0.0.4; charset=utf-8";
inline constexpr char kOpenMetricsFormat[] =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

// Appends page, which is text format 0.0.4 as SampleBlock and render_own_metrics write it, as
// OpenMetrics with its "# EOF".
void append_openmetrics(std::string& out, std::string_view page);

// Whether a request with this Accept header is answered with OpenMetrics: it names that format, in
// version 1.0.0 or none, and no kind of plain text. "*/*" names nothing as long as it weighs less:
// Prometheus puts it behind every list.
bool wants_openmetrics(std::string_view accept);

}  // namespace exporter
