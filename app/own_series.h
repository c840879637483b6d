// Those of the daemon's own series (fournines_*) that app keeps itself, in a prometheus-cpp
// registry. Any thread.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <memory>
#include <vector>

namespace app {

class OwnSeries final : public prometheus::Collectable {
 public:
  OwnSeries();

  std::vector<prometheus::MetricFamily> Collect() const override { return registry_->Collect(); }

  prometheus::Gauge& config_last_reload_successful;
  prometheus::Gauge& config_last_reload_success_timestamp_seconds;

 private:
  explicit OwnSeries(std::shared_ptr<prometheus::Registry> registry);

  std::shared_ptr<prometheus::Registry> registry_;
};

}  // namespace app
