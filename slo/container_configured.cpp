// Objectives over containers that stand in the configuration: taken over on the slo thread, before
// the next view is. The engine hears of them only then, since what the view says of a container may
// prove that it was up while nobody looked.
#include <algorithm>
#include <utility>

#include "slo/container_source.h"

namespace slo {

using exporter::Moment;

void ContainerSource::configure(std::vector<Configured> configured) {
  const std::lock_guard guard(lock_);
  wanted_ = std::move(configured);
}

// One that stays goes on as it was; with another meaning it begins anew at the next view.
void ContainerSource::take_configuration(Engine& engine, const Moment& now) {
  std::optional<std::vector<Configured>> wanted;
  {
    const std::lock_guard guard(lock_);
    wanted.swap(wanted_);
  }
  if (!wanted) return;
  decltype(objectives_) before;
  for (auto entry = objectives_.begin(); entry != objectives_.end();) {
    const auto at = entry++;
    if (at->second.configured) before.insert(objectives_.extract(at));
  }
  rules_.clear();
  for (auto& [spec, rule] : *wanted) {
    Objective objective;
    if (const auto old = before.find({spec->service, spec->name}); old != before.end()) {
      objective = old->second;
      if (objective.judged && objective.spec->generation == spec->generation) {
        objective.id = engine.add(spec, now);
        old->second.judged = false;  // it is not to go
      } else {
        objective.judged = false;
      }
    }
    if (!objective.judged) objective.sampled_ms = now.boot_ns / 1'000'000;
    objective.spec = spec;
    objective.configured = objective.recorded = objective.has_to_run = true;
    rules_[spec.get()] = std::move(rule);
    // One of the containers' own may have that name.
    if (const auto own = objectives_.find({spec->service, spec->name}); own != objectives_.end()) {
      if (own->second.judged) engine.remove(own->second.id);
      objectives_.erase(own);
    }
    objectives_[{spec->service, spec->name}] = std::move(objective);
  }
  for (const auto& [name, objective] : before) {
    if (objective.judged) engine.remove(objective.id);
  }
  judged_ = static_cast<std::size_t>(
      std::ranges::count_if(objectives_, [](const auto& entry) { return entry.second.judged; }));
  seen_.reset();
}

bool ContainerSource::is_configured(const SloRow& row) const {
  const std::lock_guard guard(lock_);
  return wanted_ && std::ranges::any_of(*wanted_, [&](const Configured& one) {
           return one.spec->service == row.service && one.spec->name == row.slo &&
                  one.spec->generation == row.generation;
         });
}

}  // namespace slo
