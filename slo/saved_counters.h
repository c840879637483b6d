// Counters as /metrics shows them. Prometheus takes a counter that went back for one that began
// anew and adds its whole value once more; after kill -9 counters go on from the newest heartbeat
// on disk, so that one is shown and nothing newer. A disk that takes no heartbeats stops no
// counter: they are then shown as they are, and may go back if the daemon dies before it recovers.
// slo thread.
#pragma once

#include <memory>
#include <optional>

#include "slo/judgement.h"
#include "slo/store.h"

namespace slo {

class SavedCounters {
 public:
  // store must outlive this.
  explicit SavedCounters(Store& store) : store_(store) {}

  // For each snapshot: what is to be shown with it. heartbeat: the ticket of the write with the
  // heartbeat of this very snapshot, if there was one. They do not go back from call to call.
  std::shared_ptr<const Counters> shown_with(const Snapshot& snapshot,
                                             std::optional<Ticket> heartbeat);

 private:
  Store& store_;
  bool begun_ = false;
  std::shared_ptr<const Counters> shown_;  // null: show the newest
  std::shared_ptr<const Counters> written_;
  std::int64_t written_ms_ = 0;
  Ticket ticket_ = 0;  // of written_
};

}  // namespace slo
