#include "app/own_series.h"

#include <prometheus/detail/builder.h>

#include "app/build_info.h"

namespace app {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

prometheus::Gauge& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

}  // namespace

OwnSeries::OwnSeries() : OwnSeries(std::make_shared<prometheus::Registry>()) {}

OwnSeries::OwnSeries(std::shared_ptr<prometheus::Registry> registry)
    : config_last_reload_successful(
          gauge(*registry, "fournines_config_last_reload_successful",
                "1 when the newest attempt to load the configuration worked.")),
      config_last_reload_success_timestamp_seconds(
          gauge(*registry, "fournines_config_last_reload_success_timestamp_seconds",
                "When the configuration in use was loaded, in Unix time.")),
      registry_(std::move(registry)) {
  prometheus::BuildGauge()
      .Name("fournines_build_info")
      .Help("Always 1; the labels tell what was built from what.")
      .Register(*registry_)
      .Add({{"version", kVersion}, {"revision", kRevision}, {"compiler", kCompiler}})
      .Set(1);
}

std::vector<MetricFamily> OwnSeries::Collect() const {
  std::vector<MetricFamily> families = registry_->Collect();
  for (const Source& source : sources_) source(families);
  return families;
}

MetricFamily make_family(std::string name, std::string help, MetricType type,
                         const std::string& label,
                         const std::vector<std::pair<std::string, double>>& values) {
  MetricFamily family;
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
  for (const auto& [label_value, value] : values) {
    ClientMetric metric;
    if (!label.empty()) metric.label.push_back({label, label_value});
    if (type == MetricType::Counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
    family.metric.push_back(std::move(metric));
  }
  return family;
}

}  // namespace app
