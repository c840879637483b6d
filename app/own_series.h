// The daemon's own series (fournines_*): a prometheus-cpp registry for what app counts itself, and
// families made from the counters that other parts keep as atomics. Any thread.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <functional>
#include <string>
#include <vector>

namespace app {

class OwnSeries final : public prometheus::Collectable {
 public:
  OwnSeries();

  // Adds a source of more families. Before the first scrape only; the source is called at every
  // scrape, on the scraping thread, and must not block.
  using Source = std::function<void(std::vector<prometheus::MetricFamily>&)>;
  void add(Source source) { sources_.push_back(std::move(source)); }

  std::vector<prometheus::MetricFamily> Collect() const override;

  prometheus::Gauge& config_last_reload_successful;
  prometheus::Gauge& config_last_reload_success_timestamp_seconds;

 private:
  explicit OwnSeries(std::shared_ptr<prometheus::Registry> registry);

  std::shared_ptr<prometheus::Registry> registry_;
  std::vector<Source> sources_;
};

// A family of series with at most one label, for sources.
prometheus::MetricFamily make_family(std::string name, std::string help,
                                     prometheus::MetricType type, const std::string& label,
                                     const std::vector<std::pair<std::string, double>>& values);

}  // namespace app
