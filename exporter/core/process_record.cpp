// 812 (tmux: server) S 1 812 812 0 -1 4194368 2115 0 1 0 61 40 0 0 20 0 1 0 3511 8474624 1102 ...
//     name           state   [flags: 9]    minflt 10, majflt 12, utime 14, stime 15, threads 20,
//                            starttime 22, vsize 23, rss 24
// The name may hold anything, ")" included, so counting starts behind the last one.
#include "exporter/core/process_record.h"

#include <array>

#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr std::uint64_t kKernelThread = 0x00200000;  // PF_KTHREAD, include/linux/sched.h

// Fields as proc_pid_stat(5) counts them.
constexpr std::size_t kFirst = 4;
constexpr std::size_t kLast = 24;

}  // namespace

std::optional<ProcessRecord> parse_process_record(std::string_view text) {
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return std::nullopt;
  }
  ProcessRecord record;
  record.name = text.substr(open + 1, close - open - 1);
  text.remove_prefix(close + 1);
  const std::string_view state = next_word(text);
  if (state.size() != 1) return std::nullopt;
  record.state = state[0];

  std::array<std::uint64_t, kLast + 1> fields{};
  for (std::size_t i = kFirst; i <= kLast; ++i) {
    if (const auto value = next_number<std::uint64_t>(text)) {
      fields[i] = *value;
    } else if (!next_number<std::int64_t>(text)) {  // tty, priority and the like may be negative
      return std::nullopt;
    }
  }
  record.is_kernel_thread = (fields[9] & kKernelThread) != 0;
  record.minor_faults = fields[10];
  record.major_faults = fields[12];
  record.user_ticks = fields[14];
  record.system_ticks = fields[15];
  record.threads = fields[20];
  record.start_ticks = fields[22];
  record.virtual_bytes = fields[23];
  record.resident_pages = fields[24];
  return record;
}

}  // namespace exporter
