#include "slo/saved_counters.h"

#include <utility>

namespace slo {
namespace {

constexpr std::int64_t kPatienceMs = 10'000;

std::shared_ptr<const Counters> counters_of(const Snapshot& snapshot) {
  auto counters = std::make_shared<Counters>();
  counters->slos.reserve(snapshot.slos.size());
  for (const Judgement& slo : snapshot.slos) counters->slos.push_back(slo.counters);
  counters->clock_step_ms = snapshot.clock_step_ms;
  counters->gap_ms = snapshot.gap_ms;
  return counters;
}

}  // namespace

void SavedCounters::note(const Snapshot& snapshot, std::optional<Ticket> heartbeat) {
  const std::lock_guard lock(mutex_);
  if (!begun_) {
    begun_ = true;
    shown_ = counters_of(snapshot);  // what the history gave, as it would give it again
  }
  if (auto saved = take_saved()) {
    if (!shown_) {
      // Newer ones were shown while the disk took none: they stand still until it has caught up.
      saved = counters_of(snapshot);
      written_.clear();
    }
    shown_ = std::move(saved);
  }
  if (heartbeat && *heartbeat != 0) {
    if (written_.size() == 2) written_.pop_back();
    written_.push_back({counters_of(snapshot), snapshot.now_ms, *heartbeat});
  }
  if (!written_.empty() && snapshot.now_ms - written_.front().at_ms > kPatienceMs) shown_.reset();
}

std::shared_ptr<const Counters> SavedCounters::shown() {
  const std::lock_guard lock(mutex_);
  if (!shown_) return nullptr;
  if (auto saved = take_saved()) shown_ = std::move(saved);
  return shown_;
}

std::shared_ptr<const Counters> SavedCounters::take_saved() {
  std::shared_ptr<const Counters> saved;
  while (!written_.empty() && store_.wait(written_.front().ticket, {})) {
    saved = std::move(written_.front().counters);
    written_.erase(written_.begin());
  }
  return saved;
}

}  // namespace slo
