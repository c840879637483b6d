// Memory per node and zone. P/zoneinfo, proc_zoneinfo(5).
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "exporter/core/line_errors.h"
#include "exporter/core/number.h"
#include "exporter/host/table.h"

namespace exporter {

// Views into the text.
struct MemoryZone {
  static constexpr std::size_t kFields = 34;  // of zoneinfo.cpp's table
  static constexpr std::size_t kMaxProtection = 8;

  std::string_view node;
  std::string_view zone;
  std::array<std::optional<Number>, kFields> fields{};
  std::array<Number, kMaxProtection> protection{};
  std::size_t protections = 0;
};

// What a node counts for all its zones stands in the text below its first one, and is given there.
void parse_zoneinfo(std::string_view text, std::vector<MemoryZone>& zones, LineErrors& errors);

CollectorRow zoneinfo_row();

}  // namespace exporter
