// Free blocks of memory per size. P/buddyinfo, proc_buddyinfo(5).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "exporter/core/line_errors.h"
#include "exporter/host/table.h"

namespace exporter {

// Views into the text.
struct BuddyZone {
  static constexpr std::size_t kMaxOrders = 32;

  std::string_view node;
  std::string_view zone;
  std::array<std::uint64_t, kMaxOrders> blocks{};  // of 2^index pages
  std::size_t orders = 0;
};

void parse_buddyinfo(std::string_view text, std::vector<BuddyZone>& zones, LineErrors& errors);

CollectorRow buddyinfo_row();

}  // namespace exporter
