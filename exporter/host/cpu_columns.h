// Tables with a column per CPU: P/interrupts, P/softirqs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "exporter/core/line_errors.h"

namespace exporter {

// Views into the text that was parsed.
struct CpuColumns {
  struct Row {
    std::string_view name;  // before the colon
    std::string_view rest;  // behind the numbers, without blanks around it
  };

  std::vector<std::string_view> cpus;  // their numbers
  std::vector<Row> rows;
  std::vector<std::uint64_t> values;  // row by row, cpus.size() each

  std::span<const std::uint64_t> of(std::size_t row) const {
    return std::span(values).subspan(row * cpus.size(), cpus.size());
  }
};

// Lines with fewer numbers than CPUs and nothing behind them (ERR, MIS) are sums over all CPUs and
// left out.
void parse_cpu_columns(std::string_view text, CpuColumns& table, LineErrors& errors);

}  // namespace exporter
