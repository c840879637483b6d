// Neighbours known by their hardware address (IPv4), per interface: by rtnetlink(7), RTM_GETNEIGH,
// or from P/net/arp, proc_net(5).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "exporter/core/line_errors.h"
#include "exporter/host/table.h"

namespace exporter {

// Counts per interface, in order of appearance.
template <class Device>
struct ArpCount {
  Device device;
  std::uint32_t entries = 0;
};

// Counts one RTM_NEWNEIGH by interface index. False when the body is none.
bool count_neighbour(std::string_view body, std::vector<ArpCount<std::uint32_t>>& counts);

// Names are views into the text.
void parse_arp(std::string_view text, std::vector<ArpCount<std::string_view>>& counts,
               LineErrors& errors);

CollectorRow arp_row();

}  // namespace exporter
