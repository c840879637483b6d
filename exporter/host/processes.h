// How many processes and threads there are, in which states, and how many there may be. P/PID/stat,
// P/PID/task/TID/stat, P/sys/kernel/{pid_max,threads-max}, proc_pid_stat(5). The threads of a
// process are looked at only when it has more than one.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "exporter/host/table.h"

namespace exporter {

struct ProcessStat {
  char state = '?';
  std::uint64_t threads = 0;
};

// The name in parentheses may hold anything.
std::optional<ProcessStat> parse_process_stat(std::string_view text);

CollectorRow processes_row();

}  // namespace exporter
