// What is asked of the engine: a snapshot for everybody, reports and look-ups for one.
#include <algorithm>
#include <set>
#include <utility>

#include "slo/engine.h"

namespace slo {

// Objectives whose dependencies are all placed are placed next; those that stand in a circle, which
// the configuration refuses, come last.
void Engine::put_in_order() {
  // Without dependencies any order will do, and none is kept.
  if (std::ranges::all_of(
          trackers_, [](const auto& entry) { return entry.second.spec().dependencies.empty(); })) {
    return;
  }
  std::map<SloSpec::Name, SloTracker*> by_name;
  for (auto& [id, tracker] : trackers_) {
    by_name[{tracker.spec().service, tracker.spec().name}] = &tracker;
  }
  std::set<const SloTracker*> placed;
  for (bool all = false; order_.size() < trackers_.size();) {
    const std::size_t before = order_.size();
    for (auto& [id, tracker] : trackers_) {
      if (placed.contains(&tracker)) continue;
      Ordered next{&tracker, {}};
      bool ready = true;
      for (const SloSpec::Name& name : tracker.spec().dependencies) {
        const auto other = by_name.find(name);
        if (other == by_name.end()) continue;
        ready = ready && placed.contains(other->second);
        if (placed.contains(other->second)) next.dependencies.push_back(other->second);
      }
      if (!ready && !all) continue;
      placed.insert(&tracker);
      order_.push_back(std::move(next));
    }
    all = order_.size() == before;
  }
}

Snapshot Engine::judge() const {
  Snapshot snapshot;
  snapshot.now_ms = timeline_.now_ms();
  snapshot.labels = timeline_.labels();
  snapshot.slos.reserve(trackers_.size());
  for (const auto& [id, tracker] : trackers_) snapshot.slos.push_back(tracker.judge());
  snapshot.heartbeat_ms = heartbeat_ms_;
  snapshot.clock_step_ms = clock_step_ms_;
  snapshot.gap_ms = gap_ms_;
  return snapshot;
}

std::vector<Report> Engine::report(const Question& question) const {
  std::vector<Report> reports;
  for (const auto& [id, tracker] : trackers_) {
    if (question.period) {
      const Labels& labels = timeline_.labels();
      const std::int64_t begin_ms = labels.t_ms(question.period->begin_ms);
      reports.push_back(
          tracker.report(begin_ms, begin_ms + question.period->length_ms(), question.label));
    } else if (question.window_ms > 0) {
      const std::int64_t end_ms = tracker.settled_ms();
      reports.push_back(tracker.report(end_ms - question.window_ms, end_ms, question.label));
    } else {
      reports.push_back(tracker.report());
    }
  }
  return reports;
}

std::map<SloId, std::shared_ptr<const SloSpec>> Engine::specs() const {
  std::map<SloId, std::shared_ptr<const SloSpec>> specs;
  for (const auto& [id, tracker] : trackers_) specs[id] = tracker.shared_spec();
  return specs;
}

bool Engine::has_incident(SloId id, std::int64_t incident) const {
  const auto tracker = trackers_.find(id);
  return tracker != trackers_.end() && tracker->second.has_incident(incident);
}

}  // namespace slo
