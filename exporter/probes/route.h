// Which gateway the kernel would send through, and what it knows of it, asked over netlink
// (rtnetlink(7)): answered from the kernel's tables at once, nothing is sent. Any thread.
#pragma once

#include <optional>

#include "exporter/probes/address.h"

namespace exporter {

struct Gateway {
  Address address;
  unsigned interface = 0;
  bool operator==(const Gateway& other) const {
    return interface == other.interface && address == other.address;
  }
};

// The gateway on whose life a way to `to` depends: the one of its route, or, for a host on the same
// link as the default gateway, that one. Nothing for this machine's own addresses, without a route,
// and on links without a gateway.
std::optional<Gateway> gateway_towards(const Address& to);

// What the neighbour table (ARP, NDP) says of a gateway.
enum class Neighbour : std::uint8_t {
  kUnknown,    // no entry, or none of ours
  kConfirmed,  // it answered a moment ago
  kDoubtful,   // not asked for a while, or just being asked
  kFailed,     // it was asked and did not answer
};
Neighbour neighbour_state(const Gateway& gateway);

}  // namespace exporter
