#include "exporter/core/own_metrics.h"

#include <prometheus/metric_family.h>

#include "exporter/core/number.h"
#include "exporter/core/text.h"

namespace exporter {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;

// Whole numbers are printed as such: 1048576, not 1.048576e+06.
Number number_of(double value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (value >= 0 && value < kExact &&
      value == static_cast<double>(static_cast<std::uint64_t>(value))) {
    return {static_cast<std::uint64_t>(value)};
  }
  return {value};
}

void append_head(std::string& out, const MetricFamily& family) {
  out.append("# HELP ").append(family.name).append(" ");
  append_help(out, family.help);
  out.append("\n# TYPE ").append(family.name).append(" gauge\n");
}

void append_sample(std::string& out, const std::string& name, const ClientMetric& metric) {
  out.append(name);
  char separator = '{';
  for (const auto& label : metric.label) {
    out += separator;
    out.append(label.name).append("=\"");
    append_label_value(out, label.value);
    out += '"';
    separator = ',';
  }
  if (separator == ',') out += '}';
  char buffer[kMaxNumberBytes];
  out.append(" ").append(buffer, write_number(buffer, number_of(metric.gauge.value))).append("\n");
}

}  // namespace

void render_own_metrics(const prometheus::Collectable& own, std::string& out) {
  for (const MetricFamily& family : own.Collect()) {
    append_head(out, family);
    for (const ClientMetric& metric : family.metric) append_sample(out, family.name, metric);
  }
}

}  // namespace exporter
