// Tells which groups had a limit written, or in version 2 a memory event: inotify on the
// directories that hold limits. The kernel says so for writes by anybody and for its own events (at
// most 10 ms late), and cheaper than reading the files anew at every scrape. Used under the scrape
// lock.
#pragma once

#include <cstddef>
#include <unordered_map>

#include "exporter/containers/file_watch.h"
#include "exporter/containers/group.h"

namespace exporter {

class LimitWatch {
 public:
  // Sets group.watched when all of its directories are watched. The group is forgotten with
  // remove(), which has to come before its end.
  void add(Group& group, const CgroupLayout& layout);
  void remove(const Group& group);

  // Marks the limits or events of those groups stale where a file has changed since the last call.
  void drain();

  std::size_t size() const { return groups_.size(); }

 private:
  FileWatch files_;
  std::unordered_map<int, Group*> groups_;
};

}  // namespace exporter
