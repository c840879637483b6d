// Memory use of the machine, every line of P/meminfo, proc_meminfo(5).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "exporter/core/line_errors.h"
#include "exporter/host/table.h"

namespace exporter {

// "Active(anon):  123 kB" has name "Active" and part "anon". Views into the text that was parsed.
struct MemoryField {
  std::string_view name;
  std::string_view part;
  std::uint64_t value = 0;
  bool in_kib = false;  // else a plain count: HugePages_Total
};

void parse_meminfo(std::string_view text, std::vector<MemoryField>& fields, LineErrors& errors);

CollectorRow meminfo_row();

}  // namespace exporter
