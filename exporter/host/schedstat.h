// What the scheduler counts per CPU. P/schedstat, the kernel's Documentation/scheduler/
// sched-stats.rst.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "exporter/core/line_errors.h"
#include "exporter/host/table.h"

namespace exporter {

struct CpuSchedule {
  std::string_view cpu;  // its number, a view into the text
  std::uint64_t running_ns = 0;
  std::uint64_t waiting_ns = 0;
  std::uint64_t timeslices = 0;
};

void parse_schedstat(std::string_view text, std::vector<CpuSchedule>& cpus, LineErrors& errors);

CollectorRow schedstat_row();

}  // namespace exporter
