// Addresses of the network interfaces, by rtnetlink(7), RTM_GETADDR.
#pragma once

#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/host/table.h"

namespace exporter {

struct InterfaceAddress {
  std::uint32_t interface = 0;
  std::array<char, INET6_ADDRSTRLEN> text{};  // with a NUL at its end
  std::uint32_t prefix_length = 0;
  std::string_view scope;  // "global", "link-local" (loopback too), or empty
};

// Appends the address of one RTM_NEWADDR; nothing when it holds none of IPv4 or IPv6. False when
// the body is no such message.
bool parse_interface_address(std::string_view body, std::vector<InterfaceAddress>& addresses);

class InterfaceAddresses {
 public:
  explicit InterfaceAddresses(const HostContext& context)
      : socket_(NETLINK_ROUTE, context.open_socket), ioctl_(context.ioctl) {}

  Result<void> read(ReadBuffer& buffer);
  const std::vector<InterfaceAddress>& all() const { return addresses_; }
  // Of an interface of the last reading; empty when it is gone.
  std::string name(std::uint32_t interface) const {
    return interface_name(ioctl_, socket_.descriptor(), interface);
  }

 private:
  NetlinkSocket socket_;
  Ioctl ioctl_;
  std::vector<InterfaceAddress> addresses_;
};

}  // namespace exporter
