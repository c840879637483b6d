// Counters as /metrics shows them. Prometheus takes a counter that went back for one that began
// anew and adds its whole value once more; after kill -9 counters go on from the newest heartbeat
// on disk, so that one is shown and nothing newer. A disk that takes no heartbeats stops no
// counter: they are then shown as they are, and may go back if the daemon dies before it recovers.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "slo/judgement.h"
#include "slo/store.h"

namespace slo {

class SavedCounters {
 public:
  // store must outlive this.
  explicit SavedCounters(Store& store) : store_(store) {}

  // Each snapshot before it is published. heartbeat: the ticket of the write with the heartbeat of
  // this very snapshot, if there was one. slo thread.
  void note(const Snapshot& snapshot, std::optional<Ticket> heartbeat);

  // What is to be shown now, so what a commit saved that has just ended. They do not go back from
  // call to call. Null: those of the newest snapshot. Any thread.
  std::shared_ptr<const Counters> shown();

 private:
  struct Written {
    std::shared_ptr<const Counters> counters;
    std::int64_t at_ms = 0;
    Ticket ticket = 0;
  };

  std::shared_ptr<const Counters> take_saved();  // mutex_ is held; null: nothing new

  Store& store_;
  std::mutex mutex_;  // guards all below
  bool begun_ = false;
  std::shared_ptr<const Counters> shown_;  // null: show the newest
  // Not known to be on disk: the oldest and, if there is one, the newest.
  std::vector<Written> written_;
};

}  // namespace slo
