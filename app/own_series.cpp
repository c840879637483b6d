#include "app/own_series.h"

#include <prometheus/detail/builder.h>

#include <utility>

#include "app/build_info.h"

namespace app {
namespace {

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

}  // namespace app
