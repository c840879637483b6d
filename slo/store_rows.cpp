#include "slo/store_rows.h"

#include <algorithm>
#include <tuple>

namespace slo {
namespace {

// A map's node costs about this besides the row.
constexpr std::size_t kNodeBytes = 64;

std::size_t weight(const SloRow& row) { return sizeof row + row.service.size() + row.slo.size(); }
std::size_t weight(const BootRow& row) { return sizeof row + row.boot_id.size(); }
std::size_t weight(const StateChange& row) { return sizeof row; }
std::size_t weight(const IncidentRecord& row) { return sizeof row; }
std::size_t weight(const EventBlock& row) {
  return sizeof row + (row.bytes ? row.bytes->size() : 0);
}
std::size_t weight(const SloCounters& row) {
  return sizeof row + row.recent_bad.size() * sizeof row.recent_bad[0];
}
std::size_t weight(const Document& row) {
  return sizeof row + 2 * (row.collection.size() + row.key.size()) +
         (row.value ? row.value->size() : 0);
}

}  // namespace

template <class Map>
void RowSet::put(Map& map, typename Map::key_type key, typename Map::mapped_type row) {
  auto [at, is_new] = map.try_emplace(std::move(key));
  if (is_new) {
    ++count_;
    bytes_ += kNodeBytes;
  } else {
    bytes_ -= weight(at->second);
  }
  bytes_ += weight(row);
  at->second = std::move(row);
}

template <class Map>
typename Map::iterator RowSet::drop(Map& map, typename Map::iterator at) {
  --count_;
  bytes_ -= kNodeBytes + weight(at->second);
  return map.erase(at);
}

void RowSet::put_heartbeat(Heartbeat&& heartbeat) {
  for (SloCounters& row : heartbeat.counters) {
    const SloId id = row.id;
    put(counters_, id, std::move(row));
  }
  heartbeat.counters.clear();
  if (!heartbeat_) {
    ++count_;
  }
  heartbeat_ = std::move(heartbeat);
}

void RowSet::add(Rows rows) { add_within(static_cast<std::size_t>(-1), std::move(rows)); }

bool RowSet::add_within(std::size_t max_bytes, Rows rows) {
  bool whole = true;
  for (SloRow& row : rows.facts.slos) {
    const SloId id = row.id;
    put(slos_, id, std::move(row));
  }
  for (BootRow& row : rows.facts.boots) {
    std::string key = row.boot_id;
    put(boots_, std::move(key), std::move(row));
  }
  for (const StateChange& row : rows.facts.changes) {
    if (bytes_ < max_bytes) {
      put(changes_, {row.slo, row.t_ms}, row);
    } else {
      whole = put_in_tail(row) && whole;
    }
  }
  for (const IncidentRecord& row : rows.facts.incidents) {
    const std::pair key{row.slo, row.id};
    if (bytes_ < max_bytes || incidents_.contains(key)) {
      put(incidents_, key, row);
    } else {
      whole = false;
    }
  }
  for (EventBlock& row : rows.facts.events) {
    const std::pair key{row.slo, row.begin_ms};
    if (bytes_ < max_bytes || events_.contains(key)) {
      put(events_, key, std::move(row));
    } else {
      whole = false;
    }
  }
  for (Document& row : rows.documents) {
    std::pair key{row.collection, row.key};
    const bool fits = !row.value || row.value->size() <= kMaxDocumentBytes;
    if (fits && (bytes_ < max_bytes || documents_.contains(key))) {
      put(documents_, std::move(key), std::move(row));
    } else {
      whole = false;
    }
  }
  if (rows.facts.heartbeat) {
    put_heartbeat(std::move(*rows.facts.heartbeat));
  }
  return whole;
}

// The first change beyond the bound is kept as it is; the second turns it into unknown and stands
// for all that follow.
bool RowSet::put_in_tail(const StateChange& change) {
  const auto [at, is_first] = tails_.try_emplace(change.slo, Tail{change.t_ms, change.t_ms});
  Tail& tail = at->second;
  if (is_first) {
    put(changes_, {change.slo, change.t_ms}, change);
    return true;
  }
  if (tail.newest_ms != tail.unknown_from_ms) {
    drop(changes_, changes_.find({change.slo, tail.newest_ms}));
  }
  put(changes_, {change.slo, tail.unknown_from_ms},
      StateChange{change.slo, tail.unknown_from_ms, State::kUnknown, Cause::kNone});
  put(changes_, {change.slo, change.t_ms}, change);
  tail.newest_ms = change.t_ms;
  return false;
}

Rows RowSet::rows() const { return RowSet(*this).take(); }

Rows RowSet::take() {
  Rows out;
  const auto move_values = [](auto& map, auto& rows) {
    rows.reserve(map.size());
    for (auto& [key, row] : map) {
      rows.push_back(std::move(row));
    }
  };
  move_values(slos_, out.facts.slos);
  move_values(boots_, out.facts.boots);
  move_values(changes_, out.facts.changes);
  move_values(incidents_, out.facts.incidents);
  move_values(events_, out.facts.events);
  move_values(documents_, out.documents);
  std::ranges::sort(out.facts.boots, {}, &BootRow::t_start_ms);
  if (heartbeat_) {
    move_values(counters_, heartbeat_->counters);
    out.facts.heartbeat = std::move(heartbeat_);
  }
  *this = RowSet();
  return out;
}

void Present::add(const Rows& rows) {
  for (const SloRow& row : rows.facts.slos) {
    slos_[row.id] = row;
  }
  for (const BootRow& row : rows.facts.boots) {
    boots_[row.boot_id] = row;
  }
  for (const StateChange& row : rows.facts.changes) {
    changes_[row.slo] = row;
  }
  for (const IncidentRecord& row : rows.facts.incidents) {
    if (row.open) {
      incidents_[{row.slo, row.id}] = row;
    } else {
      incidents_.erase({row.slo, row.id});
    }
  }
  for (const Document& row : rows.documents) {
    if (row.value) {
      documents_[{row.collection, row.key}] = row;
    } else {
      documents_.erase({row.collection, row.key});
    }
  }
  if (rows.facts.heartbeat) {
    heartbeat_ = rows.facts.heartbeat;
    heartbeat_->counters.clear();
  }
}

Rows Present::rows() const {
  const auto copy_values = [](const auto& map, auto& out) {
    for (const auto& [key, row] : map) {
      out.push_back(row);
    }
  };
  Rows out;
  copy_values(slos_, out.facts.slos);
  copy_values(boots_, out.facts.boots);
  copy_values(changes_, out.facts.changes);
  copy_values(incidents_, out.facts.incidents);
  copy_values(documents_, out.documents);
  out.facts.heartbeat = heartbeat_;
  return out;
}

}  // namespace slo
