// Unicast routes, by rtnetlink(7), RTM_GETROUTE.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "exporter/host/table.h"

namespace exporter {

// One way out: a route, or one of the ways of a route with several.
struct RouteHop {
  using Text = std::array<char, 64>;  // of an address or network, with a NUL at its end

  std::uint32_t interface = 0;
  Text destination{};
  Text gateway{};
  Text source{};
  std::uint32_t priority = 0;
  std::uint8_t protocol = 0;
  std::uint32_t weight = 0;  // 0 when there is one way only
};

// Appends the ways of one RTM_NEWROUTE; none for routes that are not unicast. False when the body
// is no route.
bool parse_route(std::string_view body, std::vector<RouteHop>& hops);

// "kernel", "static", ... as iproute2 names it.
std::string_view route_protocol(std::uint8_t protocol);

CollectorRow network_route_row();

}  // namespace exporter
