#include "app/prometheus_sources.h"

#include <algorithm>
#include <utility>

namespace app {

void PrometheusSources::set(const std::vector<SourceSpec>& sources,
                            std::map<std::string, std::vector<PrometheusSource::Judged>> judged) {
  std::vector<std::unique_ptr<PrometheusSource>> gone;
  {
    const std::lock_guard guard(lock_);
    std::vector<std::unique_ptr<PrometheusSource>> kept;
    for (const SourceSpec& spec : sources) {
      const auto needed = judged.find(spec.name);
      if (needed == judged.end()) continue;
      const auto before = std::ranges::find_if(
          sources_, [&](const auto& source) { return source && source->spec() == spec; });
      if (before != sources_.end()) {
        kept.push_back(std::move(*before));
      } else {
        kept.push_back(std::make_unique<PrometheusSource>(spec, clock_, wake_));
        if (is_running_) kept.back()->start();
      }
      kept.back()->set(std::move(needed->second));
    }
    gone = std::exchange(sources_, std::move(kept));
  }
  std::erase(gone, nullptr);
  for (const auto& source : gone) source->stop();
}

void PrometheusSources::start() {
  const std::lock_guard guard(lock_);
  is_running_ = true;
  for (const auto& source : sources_) source->start();
}

// Their threads may wait for the judge to be woken: not under the lock.
void PrometheusSources::stop() {
  std::vector<std::unique_ptr<PrometheusSource>> all;
  {
    const std::lock_guard guard(lock_);
    is_running_ = false;
    all.swap(sources_);
  }
  for (const auto& source : all) source->stop();
}

void PrometheusSources::feed(slo::Engine& engine, const exporter::Moment& now) {
  const std::lock_guard guard(lock_);
  for (const auto& source : sources_) source->feed(engine, now);
}

std::map<slo::SloId, std::string> PrometheusSources::problems() const {
  const std::lock_guard guard(lock_);
  std::map<slo::SloId, std::string> problems;
  for (const auto& source : sources_) problems.merge(source->problems());
  return problems;
}

std::vector<SourceStatus> PrometheusSources::status() const {
  const std::lock_guard guard(lock_);
  std::vector<SourceStatus> all;
  for (const auto& source : sources_) all.push_back(source->status());
  return all;
}

}  // namespace app
