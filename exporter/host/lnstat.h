// Counters of the network stack's caches. P/net/stat/*, lnstat(8).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "exporter/core/line_errors.h"
#include "exporter/host/table.h"

namespace exporter {

// A header of names, then a line of hexadecimal numbers per CPU. Views into the text.
struct LnstatTable {
  std::vector<std::string_view> columns;
  std::vector<std::uint64_t> values;  // CPU by CPU, columns.size() each
  std::size_t cpus = 0;
};

void parse_lnstat(std::string_view text, LnstatTable& table, LineErrors& errors);

CollectorRow lnstat_row();

}  // namespace exporter
