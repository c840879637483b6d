// All sources of the configuration, each with its thread while an objective needs it. Sources come,
// go and change with the configuration.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/prometheus_source.h"

namespace app {

class PrometheusSources final : public slo::SliSource {
 public:
  // wake is called on a source's thread when something was learned. clock outlives this.
  PrometheusSources(const exporter::Clock& clock, std::function<void()> wake)
      : clock_(clock), wake_(std::move(wake)) {}

  // Asks for exactly what these objectives need from now on; those of one source by its name. Any
  // thread but the slo thread; waits for the thread of a source that goes or changes.
  void set(const std::vector<SourceSpec>& sources,
           std::map<std::string, std::vector<PrometheusSource::Judged>> judged);
  void start();
  void stop();  // idempotent

  void feed(slo::Engine& engine, const exporter::Moment& now) override;

  // Any thread.
  std::map<slo::SloId, std::string> problems() const;
  std::vector<SourceStatus> status() const;

 private:
  const exporter::Clock& clock_;
  const std::function<void()> wake_;
  mutable std::mutex lock_;
  std::vector<std::unique_ptr<PrometheusSource>> sources_;  // under lock_
  bool is_running_ = false;                                 // likewise
};

}  // namespace app
