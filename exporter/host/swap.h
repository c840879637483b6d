// Areas that memory is swapped to. P/swaps, proc_swaps(5).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "exporter/core/line_errors.h"
#include "exporter/host/table.h"

namespace exporter {

// Views into the text.
struct SwapArea {
  std::string_view device;
  std::string_view type;
  std::uint64_t size_kib = 0;
  std::uint64_t used_kib = 0;
  std::int64_t priority = 0;
};

void parse_swaps(std::string_view text, std::vector<SwapArea>& areas, LineErrors& errors);

CollectorRow swap_row();

}  // namespace exporter
