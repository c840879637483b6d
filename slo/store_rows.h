// Rows in memory, one per key, newest wins: RowSet is the store's queue and the memory store's
// content, Present what a new file starts from. Not synchronised; owned by one thread or guarded
// by the owner's mutex.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "slo/store.h"

namespace slo {

class RowSet {
 public:
  void add(Rows rows);

  // As add() while bytes() is below max_bytes. Above it, what has a bounded number of keys is still
  // taken (objectives, boots, the heartbeat, newer values of rows that are here already); changes
  // of one objective shrink to "unknown from the first that did not fit" and the newest one, so
  // that a gap is never read back as good; new incidents, blocks of events
  // and documents are given up. False when
  // anything was shrunk or given up.
  bool add_within(std::size_t max_bytes, Rows rows);

  bool empty() const { return count_ == 0; }
  std::size_t count() const { return count_; }
  std::size_t bytes() const { return bytes_; }  // roughly

  // Ordered by key; boots by time.
  Rows rows() const;
  Rows take();

 private:
  struct Tail {
    std::int64_t unknown_from_ms;
    std::int64_t newest_ms;
  };

  template <class Map>
  void put(Map& map, typename Map::key_type key, typename Map::mapped_type row);
  template <class Map>
  typename Map::iterator drop(Map& map, typename Map::iterator at);
  void put_heartbeat(Heartbeat&& heartbeat);
  bool put_in_tail(const StateChange& change);

  std::map<SloId, SloRow> slos_;
  std::map<std::string, BootRow> boots_;
  std::map<std::pair<SloId, std::int64_t>, StateChange> changes_;
  std::map<std::pair<SloId, std::int64_t>, IncidentRecord> incidents_;
  std::map<std::pair<SloId, std::int64_t>, EventBlock> events_;
  std::map<SloId, SloCounters> counters_;
  std::optional<Heartbeat> heartbeat_;  // without counters
  std::map<std::pair<std::string, std::string>, Document> documents_;
  std::map<SloId, Tail> tails_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

// All that must be known to go on from now: objectives, boots, the last change of each objective,
// open incidents, the heartbeat without counters (the next one brings them), documents.
class Present {
 public:
  void add(const Rows& rows);
  Rows rows() const;

 private:
  std::map<SloId, SloRow> slos_;
  std::map<std::string, BootRow> boots_;
  std::map<SloId, StateChange> changes_;
  std::map<std::pair<SloId, std::int64_t>, IncidentRecord> incidents_;
  std::map<std::pair<std::string, std::string>, Document> documents_;
  std::optional<Heartbeat> heartbeat_;
};

}  // namespace slo
