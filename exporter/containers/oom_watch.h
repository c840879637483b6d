// OOM kills as they happen, between scrapes. A group's own counter is exact, so it is read whenever
// something happens: in version 2 the kernel tells of changes to memory.events by inotify; in
// version 1 there is no such word, so memory.oom_control of some containers is read at each beat.
// A counter that went away with its group before it was read is made up from the kernel's log,
// which tells of each kill, or else from what the runtime remembers. The follower's thread only.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/containers/count_ledger.h"
#include "exporter/containers/file_watch.h"
#include "exporter/containers/kernel_log.h"
#include "exporter/containers/runtime_record.h"
#include "exporter/core/kernel_file.h"

namespace exporter {

// From P/PID/cgroup: the path in version 2 ("0::/path") or in version 1's memory hierarchy
// ("4:memory:/path"); empty when there is none below our own root.
std::string_view group_path(std::string_view proc_cgroup, bool version2);

// Whether a control group is that of the container with this id, or below it.
bool is_group_of(std::string_view path, std::string_view id);

class OomWatch {
 public:
  using Records = std::vector<std::shared_ptr<const RuntimeRecord>>;  // by id

  // kernel_log: the path of /dev/kmsg; empty: not read.
  OomWatch(FileWatch& watch, const Roots& roots, const std::string& kernel_log);

  // Which containers run now.
  void follow(const Records& records, CountLedger& ledger, const Moment& now);
  // True when a kill was seen.
  bool on_event(int watch);
  bool on_log(const Moment& now);
  bool on_beat(const Records& records, CountLedger& ledger, const Moment& now);

  // Where a container of the records runs, or ran last, below the root of its hierarchy; empty: it
  // was not seen running.
  std::string group_of(const std::string& id) const;

  // For poll(); -1: none.
  int log_descriptor() const { return log_.descriptor(); }

 private:
  struct Followed {
    std::uint32_t process = 0;
    std::string path;                // of the file
    std::uint64_t inode = 0;         // of the group
    std::uint64_t kills_before = 0;  // of this group, when it was met, but for those in lines
    std::uint64_t lines = 0;         // of the log
    int watch = FileWatch::kNone;
    std::shared_ptr<CountAccount> account;
  };

  // A line of the log about a container that is not followed: not yet, or not any more.
  struct Line {
    std::string group;
    std::uint64_t sequence = 0;
    std::int64_t seen_ns = 0;
  };

  static bool look(const Followed& followed);
  void end(const Followed& followed, bool runtime_says_so);
  std::optional<Followed> begin(const RuntimeRecord& record, CountLedger& ledger,
                                const Moment& now);
  void count_unfollowed(const Records& records, CountLedger& ledger, const Moment& now);

  FileWatch& watch_;
  const Roots roots_;
  std::string version2_;  // mounts; empty: none
  std::string memory_;
  std::map<std::string, Followed> containers_;  // by id
  std::map<std::string, std::string> groups_;   // by id
  std::string next_;                            // where the next beat goes on
  KernelLog log_;
  std::vector<Line> unfollowed_;
};

}  // namespace exporter
