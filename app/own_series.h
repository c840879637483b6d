// Those of the daemon's own series (fournines_*) that app keeps itself, in a prometheus-cpp
// registry. They change with a reload only, so that their text is made then and not for each page.
#pragma once

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <memory>
#include <string>

#include "exporter/core/publication.h"

namespace app {

class OwnSeries {
 public:
  using Text = exporter::Publication<std::string>;

  OwnSeries();

  // The configuration was loaded just now, or refused. One thread at a time.
  void set_config_loaded(bool is_loaded);

  // As text format 0.0.4; outlives this object. Any thread.
  std::shared_ptr<const Text> text() const { return text_; }

 private:
  explicit OwnSeries(std::unique_ptr<prometheus::Registry> registry);
  void publish();

  const std::unique_ptr<prometheus::Registry> registry_;
  prometheus::Gauge& config_last_reload_successful_;
  prometheus::Gauge& config_last_reload_success_timestamp_seconds_;
  const std::shared_ptr<Text> text_ = std::make_shared<Text>();
};

}  // namespace app
