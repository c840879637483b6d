// Interrupts, context switches, forks, boot time, and processes that run or wait for a disk.
// P/stat, proc_stat(5).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "exporter/core/line_errors.h"
#include "exporter/host/table.h"

namespace exporter {

inline constexpr std::array<std::string_view, 10> kSoftirqVectors{
    "hi",           "timer",   "net_tx", "net_rx",  "block",
    "block_iopoll", "tasklet", "sched",  "hrtimer", "rcu"};

// The lines of P/stat that are not about CPUs; what the kernel did not give is empty.
struct KernelStat {
  std::optional<std::uint64_t> interrupts;
  std::optional<std::uint64_t> context_switches;
  std::optional<std::uint64_t> boot_time_seconds;  // Unix time
  std::optional<std::uint64_t> forks;
  std::optional<std::uint64_t> procs_running;
  std::optional<std::uint64_t> procs_blocked;
  std::array<std::uint64_t, kSoftirqVectors.size()> softirqs{};
  std::size_t softirq_count = 0;  // vectors that the kernel gave
};

KernelStat parse_stat(std::string_view text, LineErrors& errors);

CollectorRow stat_row();

}  // namespace exporter
