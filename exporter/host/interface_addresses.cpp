// ifaddrmsg, then attributes: IFA_ADDRESS holds 4 or 16 bytes; on a link between two machines that
// is the other end, and IFA_LOCAL this one.
#include "exporter/host/interface_addresses.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

namespace exporter {
namespace {

// As node_exporter tells scopes: by the address, not by what the kernel was told.
std::string_view scope_of(std::string_view bytes) {
  constexpr std::string_view kLocal = "link-local";
  constexpr std::string_view kGlobal = "global";
  if (bytes.size() == sizeof(in_addr)) {
    const std::uint32_t address = ntohl(as_struct<std::uint32_t>(bytes));
    if (address >> 24 == 127 || address >> 16 == 0xA9FE) return kLocal;  // 127/8, 169.254/16
    const bool other =
        address == INADDR_ANY || address == INADDR_BROADCAST || IN_MULTICAST(address);
    return other ? std::string_view() : kGlobal;
  }
  const auto address = as_struct<in6_addr>(bytes);
  if (IN6_IS_ADDR_LOOPBACK(&address) || IN6_IS_ADDR_LINKLOCAL(&address)) return kLocal;
  const bool other = IN6_IS_ADDR_UNSPECIFIED(&address) || IN6_IS_ADDR_MULTICAST(&address);
  return other ? std::string_view() : kGlobal;
}

}  // namespace

bool parse_interface_address(std::string_view body, std::vector<InterfaceAddress>& addresses) {
  ifaddrmsg head{};
  if (!take_struct(body, head)) return false;
  std::string_view bytes;
  bool is_local = false;
  std::uint16_t type = 0;
  std::string_view value;
  while (next_attribute(body, type, value)) {
    if (type == IFA_LOCAL || (type == IFA_ADDRESS && !is_local)) bytes = value;
    is_local = is_local || type == IFA_LOCAL;
  }
  if (!body.empty()) return false;
  const std::size_t size = head.ifa_family == AF_INET    ? sizeof(in_addr)
                           : head.ifa_family == AF_INET6 ? sizeof(in6_addr)
                                                         : 0;
  if (size == 0 || bytes.size() != size) return true;
  InterfaceAddress& address = addresses.emplace_back();
  address.interface = head.ifa_index;
  address.prefix_length = head.ifa_prefixlen;
  address.scope = scope_of(bytes);
  ::inet_ntop(head.ifa_family, bytes.data(), address.text.data(),
              static_cast<socklen_t>(address.text.size()));
  return true;
}

Result<void> InterfaceAddresses::read(ReadBuffer& buffer) {
  addresses_.clear();
  return socket_.dump(RTM_GETADDR, ifaddrmsg{}, buffer,
                      [this](std::uint16_t type, std::string_view body) {
                        return type != RTM_NEWADDR || parse_interface_address(body, addresses_);
                      });
}

}  // namespace exporter
