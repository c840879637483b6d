// OOM kills out of the kernel's log: the only trace of one whose control group is gone before its
// counter could be read. The follower's thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/core/kernel_file.h"

namespace exporter {

struct OomKill {
  std::uint64_t sequence = 0;  // of the record, since this boot
  std::string_view group;      // the control group of the killed task; a view into the line
};

// What a line of /dev/kmsg tells, if it tells of a kill. Lines that programs wrote are not
// believed.
std::optional<OomKill> parse_oom_kill(std::string_view line);

class KernelLog {
 public:
  // Reads from its end on. Not there or not allowed: nothing ever comes.
  explicit KernelLog(const std::string& path);

  // For poll(); -1 when it cannot be read.
  int descriptor() const { return file_.get(); }

  // Tells each kill since the last call.
  void drain(const std::function<void(const OomKill&)>& tell);

 private:
  FileDescriptor file_;
};

}  // namespace exporter
