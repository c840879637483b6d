#include "exporter/core/own_metrics.h"

#include <prometheus/metric_family.h>

#include <limits>

#include "exporter/core/number.h"
#include "exporter/core/text.h"

namespace exporter {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;

const char* type_name(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter: return "counter";
    case prometheus::MetricType::Gauge: return "gauge";
    case prometheus::MetricType::Summary: return "summary";
    case prometheus::MetricType::Histogram: return "histogram";
    default: return "untyped";
  }
}

// Whole numbers are printed as such: 1048576, not 1.048576e+06.
Number number_of(double value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (value >= 0 && value < kExact &&
      value == static_cast<double>(static_cast<std::uint64_t>(value))) {
    return {static_cast<std::uint64_t>(value)};
  }
  return {value};
}

class FamilyText {
 public:
  FamilyText(std::string& out, const MetricFamily& family) : out_(out), family_(family) {
    out_.append("# HELP ").append(family.name).append(" ");
    append_help(out_, family.help);
    out_.append("\n# TYPE ").append(family.name).append(" ").append(type_name(family.type));
    out_ += '\n';
  }

  void sample(const ClientMetric& metric, std::string_view suffix, double value,
              std::string_view extra_name = {}, double extra_value = 0) {
    out_.append(family_.name).append(suffix);
    char separator = '{';
    for (const auto& label : metric.label) {
      out_ += separator;
      out_.append(label.name).append("=\"");
      append_label_value(out_, label.value);
      out_ += '"';
      separator = ',';
    }
    if (!extra_name.empty()) {
      out_ += separator;
      out_.append(extra_name).append("=\"");
      append_number(extra_value);
      out_ += '"';
      separator = ',';
    }
    if (separator == ',') out_ += '}';
    out_ += ' ';
    append_number(value);
    out_ += '\n';
  }

 private:
  void append_number(double value) {
    char buffer[kMaxNumberBytes];
    out_.append(buffer, write_number(buffer, number_of(value)));
  }

  std::string& out_;
  const MetricFamily& family_;
};

void render_histogram(FamilyText& text, const ClientMetric& metric) {
  for (const auto& bucket : metric.histogram.bucket) {
    text.sample(metric, "_bucket", static_cast<double>(bucket.cumulative_count), "le",
                bucket.upper_bound);
  }
  text.sample(metric, "_sum", metric.histogram.sample_sum);
  text.sample(metric, "_count", static_cast<double>(metric.histogram.sample_count));
}

void render_summary(FamilyText& text, const ClientMetric& metric) {
  for (const auto& quantile : metric.summary.quantile) {
    text.sample(metric, "", quantile.value, "quantile", quantile.quantile);
  }
  text.sample(metric, "_sum", metric.summary.sample_sum);
  text.sample(metric, "_count", static_cast<double>(metric.summary.sample_count));
}

}  // namespace

void render_own_metrics(const prometheus::Collectable& own, std::string& out) {
  for (const MetricFamily& family : own.Collect()) {
    FamilyText text(out, family);
    for (const ClientMetric& metric : family.metric) {
      switch (family.type) {
        case prometheus::MetricType::Counter: text.sample(metric, "", metric.counter.value); break;
        case prometheus::MetricType::Gauge: text.sample(metric, "", metric.gauge.value); break;
        case prometheus::MetricType::Histogram: render_histogram(text, metric); break;
        case prometheus::MetricType::Summary: render_summary(text, metric); break;
        default: text.sample(metric, "", metric.untyped.value); break;
      }
    }
  }
}

}  // namespace exporter
