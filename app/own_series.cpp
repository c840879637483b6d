#include "app/own_series.h"

#include <prometheus/detail/builder.h>

#include <ctime>
#include <utility>

#include "app/build_info.h"
#include "exporter/core/own_metrics.h"

namespace app {
namespace {

prometheus::Gauge& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

}  // namespace

OwnSeries::OwnSeries() : OwnSeries(std::make_unique<prometheus::Registry>()) {}

OwnSeries::OwnSeries(std::unique_ptr<prometheus::Registry> registry)
    : registry_(std::move(registry)),
      config_last_reload_successful_(
          gauge(*registry_, "fournines_config_last_reload_successful",
                "1 when the newest attempt to load the configuration worked.")),
      config_last_reload_success_timestamp_seconds_(
          gauge(*registry_, "fournines_config_last_reload_success_timestamp_seconds",
                "When the configuration in use was loaded, in Unix time.")) {
  prometheus::BuildGauge()
      .Name("fournines_build_info")
      .Help("Always 1; the labels tell what was built from what.")
      .Register(*registry_)
      .Add({{"version", std::string(kVersion)},
            {"revision", std::string(kRevision)},
            {"compiler", std::string(kCompiler)}})
      .Set(1);
  publish();
}

void OwnSeries::set_config_loaded(bool is_loaded) {
  config_last_reload_successful_.Set(is_loaded ? 1 : 0);
  if (is_loaded) {
    config_last_reload_success_timestamp_seconds_.Set(static_cast<double>(std::time(nullptr)));
  }
  publish();
}

void OwnSeries::publish() {
  auto text = std::make_shared<std::string>();
  exporter::render_own_metrics(*registry_, *text);
  text_->set(std::move(text));
}

}  // namespace app
