// /proc/PID/stat, proc_pid_stat(5): one line about one process. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace exporter {

// Times are ticks of 1/100 s (USER_HZ is 100 on every Linux that we run on).
struct ProcessRecord {
  std::string_view name;  // "comm": at most 15 bytes, of any kind
  char state = '?';       // R, S, D, Z, ...
  bool is_kernel_thread = false;
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
  std::uint64_t user_ticks = 0;
  std::uint64_t system_ticks = 0;
  std::uint64_t threads = 0;
  std::uint64_t start_ticks = 0;  // since boot; with the number it names a process for good
  std::uint64_t virtual_bytes = 0;
  std::uint64_t resident_pages = 0;

  bool operator==(const ProcessRecord&) const = default;
};

// The name in the result lies in text. Nothing when text is not such a line.
std::optional<ProcessRecord> parse_process_record(std::string_view text);

}  // namespace exporter
