// When processes started, in Unix time, from P/PID/stat and the boot time in P/stat. Used under the
// scrape lock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/core/kernel_file.h"

namespace exporter {

// Field 22 of P/PID/stat: ticks (1/100 s) from boot to the start of the process. The name of the
// process, in brackets, may contain anything.
std::optional<std::uint64_t> parse_start_ticks(std::string_view stat);

// The line btime of P/stat, in seconds.
std::optional<std::uint64_t> parse_boot_time(std::string_view stat);

class ProcessStarts {
 public:
  explicit ProcessStarts(std::string procfs) : procfs_(std::move(procfs)) {}

  // Milliseconds; 0 when it cannot be read.
  std::int64_t started_ms(std::uint32_t process);
  std::int64_t boot_ms();

 private:
  std::string procfs_;
  std::int64_t boot_ms_ = 0;
};

}  // namespace exporter
