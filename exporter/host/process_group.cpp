#include "exporter/host/process_group.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace exporter {

void ProcessGroupTable::begin_scan(std::uint64_t scan) {
  scan_ = scan;
  for (ProcessGroup& group : groups_) {
    std::string name = std::move(group.name);
    const ProcessCounters used = group.used;
    const std::uint64_t last_seen = group.last_seen;
    group = {};
    group.name = std::move(name);
    group.used = used;
    group.last_seen = last_seen;
  }
}

// A place for a group of its own; kMaxGroups when there is none.
std::size_t ProcessGroupTable::free_place() {
  if (groups_.size() < kMaxGroups) {
    groups_.emplace_back();
    return groups_.size() - 1;
  }
  std::size_t oldest = kMaxGroups;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (groups_[i].name == kOther || groups_[i].last_seen + 1 >= scan_) continue;
    if (oldest == kMaxGroups || groups_[i].last_seen < groups_[oldest].last_seen) oldest = i;
  }
  if (oldest != kMaxGroups) places_.erase(groups_[oldest].name);
  return oldest;
}

void ProcessGroupTable::sort() {
  order_.resize(groups_.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::ranges::sort(order_, {}, [this](std::size_t place) { return groups_[place].name; });
}

std::size_t ProcessGroupTable::place_of(std::string_view name) {
  if (groups_.empty()) {
    groups_.emplace_back().name = kOther;  // its place is 0 and always there
    places_.emplace(kOther, 0);
  }
  const std::string key(name);
  if (const auto known = places_.find(key); known != places_.end()) return known->second;
  const std::size_t place = free_place();
  if (place == kMaxGroups) return 0;
  groups_[place] = {};
  groups_[place].name = key;
  groups_[place].last_seen = scan_;
  places_.emplace(key, place);
  sort();
  return place;
}

}  // namespace exporter
