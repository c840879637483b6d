// OOM kills as they happen, between scrapes: in version 2 the kernel tells of changes to
// memory.events by inotify; in version 1 there is no such word, so memory.oom_control of some
// containers is read at each beat. The follower's thread only.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/containers/count_ledger.h"
#include "exporter/containers/file_watch.h"
#include "exporter/containers/runtime_record.h"
#include "exporter/core/kernel_file.h"

namespace exporter {

// From P/PID/cgroup: the path in version 2 ("0::/path") or in version 1's memory hierarchy
// ("4:memory:/path"); empty when there is none below our own root.
std::string_view group_path(std::string_view proc_cgroup, bool version2);

class OomWatch {
 public:
  OomWatch(FileWatch& watch, const Roots& roots);

  // Which containers run now.
  void follow(const std::vector<std::shared_ptr<const RuntimeRecord>>& records, CountLedger& ledger,
              const Moment& now);
  // True when a kill was seen.
  bool on_event(int watch);
  bool on_beat();

 private:
  struct Followed {
    std::uint32_t process = 0;
    std::string path;                // of the file
    std::uint64_t inode = 0;         // of the group
    std::uint64_t kills_before = 0;  // of this group, when it was met
    int watch = FileWatch::kNone;
    std::shared_ptr<CountAccount> account;
  };

  static bool look(const Followed& followed);

  FileWatch& watch_;
  const Roots roots_;
  std::string version2_;  // mounts; empty: none
  std::string memory_;
  std::map<std::string, Followed> containers_;  // by id
  std::string next_;                            // where the next beat goes on
};

}  // namespace exporter
