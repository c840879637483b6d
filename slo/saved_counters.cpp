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

std::shared_ptr<const Counters> SavedCounters::shown_with(const Snapshot& snapshot,
                                                          std::optional<Ticket> heartbeat) {
  if (!begun_) {
    begun_ = true;
    shown_ = counters_of(snapshot);  // what the history gave, as it would give it again
  }
  if (written_ && store_.wait(ticket_, {})) {
    // Newer ones were shown while the disk took none: they stand still until it has caught up.
    shown_ = shown_ ? std::move(written_) : counters_of(snapshot);
    written_.reset();
  }
  if (written_) {
    if (snapshot.now_ms - written_ms_ > kPatienceMs) shown_.reset();
  } else if (heartbeat && *heartbeat != 0) {
    written_ = counters_of(snapshot);
    written_ms_ = snapshot.now_ms;
    ticket_ = *heartbeat;
  }
  return shown_ ? shown_ : counters_of(snapshot);
}

}  // namespace slo
