// What the processes of a container are told by one by one: open files, sockets, CPU waits, the
// limit of open files. Several reads for each process, so only where a flag asks for it. Used under
// the scrape lock.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/containers/cgroup_text.h"
#include "exporter/core/kernel_file.h"
#include "exporter/core/samples.h"

namespace exporter {

struct Group;

// P/PID/schedstat: "123456 789 42", ns run, ns waited for a CPU, times run. Of a main thread.
struct SchedStat {
  std::uint64_t run_ns = 0;
  std::uint64_t wait_ns = 0;
  std::uint64_t periods = 0;
  bool operator==(const SchedStat&) const = default;
};
std::optional<SchedStat> parse_process_schedstat(std::string_view text);

// The soft limit of "Max open files" in P/PID/limits; -1: unlimited.
std::optional<std::int64_t> soft_limit_of_open_files(std::string_view text);

// Of one group and what lies inside it.
struct ProcessDetails {
  std::vector<std::uint32_t> processes;  // as of this scrape, the group's own first
  Count descriptors;                     // nothing when those of a process may not be seen
  Count sockets;
  std::optional<std::int64_t> open_files_limit;  // of the first process
  bool sched_known = false;
  SchedStat sched;  // processes that ended included, as they were last seen

  struct Seen {
    std::uint32_t process = 0;
    SchedStat stat;
  };
  SchedStat ended;
  std::vector<Seen> seen;  // by process
};

// Fills Group::details of those that have one, from its processes.
void read_process_details(std::span<Group* const> groups, const std::string& procfs,
                          ReadBuffer& buffer);
void write_process_details(std::span<Group* const> groups, SampleWriter& out);

}  // namespace exporter
