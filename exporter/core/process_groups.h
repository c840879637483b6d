// Which processes belong together, and since when those of a group run: for the namedprocess
// collector, and for whoever only wants to know whether a program runs. Patterns are RE2,
// unanchored.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/error.h"

namespace exporter {

// One group as it is configured. A process belongs to it when every pattern that is not empty
// matches; at least one is not.
struct ProcessGroupSpec {
  std::string name;
  std::string comm;     // the kernel's name of the process, at most 15 bytes
  std::string exe;      // its first argument: how it was called
  std::string cmdline;  // all arguments with blanks between them

  bool operator==(const ProcessGroupSpec&) const = default;
};

// What a process is called.
struct ProcessNames {
  std::string_view comm;
  std::string_view exe;
  std::string_view cmdline;
};

// The arguments as /proc/PID/cmdline has them, as names: text is changed in place, the result
// looks into it.
ProcessNames process_names(std::string_view comm, std::string& cmdline);

// Immutable; copies share the compiled patterns. Any thread.
class ProcessGroups {
 public:
  // Without groups of its own: every process belongs to the group of its comm.
  ProcessGroups() = default;

  // kInvalid, "NAME: KEY: words", for a pattern that does not compile or a group without any.
  static Result<ProcessGroups> make(const std::vector<ProcessGroupSpec>& specs);

  // The name of the first group that fits, else comm. Valid as long as this and names are.
  std::string_view group_of(const ProcessNames& names) const;

  // Whether a group looks at more than comm.
  bool needs_command_line() const { return needs_command_line_; }

 private:
  struct Rule;

  std::vector<std::shared_ptr<const Rule>> rules_;
  bool needs_command_line_ = false;
};

// When each process of this group that runs now was started, in ticks of 1/100 s since the boot;
// zombies and kernel threads are none. Reads all of procfs: 10 us a process, more when command
// lines are needed (they can block while a process is stuck in memory management). kNotFound or kIo
// when procfs cannot be listed.
Result<std::vector<std::uint64_t>> process_starts(const std::string& procfs,
                                                  const ProcessGroups& groups,
                                                  std::string_view group);

}  // namespace exporter
