// The kernel's load balancer: P/net/ip_vs_stats and P/net/ip_vs
// (Documentation/networking/ipvs-sysctl.rst).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/line_errors.h"
#include "exporter/host/table.h"

namespace exporter {

// Connections, packets in, packets out, bytes in, bytes out.
std::optional<std::array<std::uint64_t, 5>> parse_ipvs_stats(std::string_view text);

// One server behind a service. An address is text, as "10.0.0.1" or "2001:db8::1"; a service by
// firewall mark has a mark and no address.
struct IpvsBackend {
  std::string local_address;
  std::string local_mark;
  std::string local_port;
  std::string proto;
  std::string remote_address;
  std::string remote_port;
  std::uint64_t weight = 0;
  std::uint64_t active = 0;
  std::uint64_t inactive = 0;
};

void parse_ipvs(std::string_view text, std::vector<IpvsBackend>& backends, LineErrors& errors);

CollectorRow ipvs_row();

}  // namespace exporter
