#include "exporter/probes/route.h"

#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "exporter/core/kernel_file.h"

namespace exporter {
namespace {

// Addresses for documentation (RFC 5737, RFC 3849): nobody has a route of their own for them, so
// they go where the default route leads.
constexpr const char* kElsewhereV4 = "192.0.2.1";
constexpr const char* kElsewhereV6 = "2001:db8::1";

// The bytes of an IPv4 or IPv6 address.
std::string_view address_bytes(const Address& address) {
  const auto* start = reinterpret_cast<const char*>(address.data());
  return address.is_v6()
             ? std::string_view(start + offsetof(sockaddr_in6, sin6_addr), sizeof(in6_addr))
             : std::string_view(start + offsetof(sockaddr_in, sin_addr), sizeof(in_addr));
}

std::optional<Address> address_of(int family, const void* bytes) {
  if (family == AF_INET6) {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    std::memcpy(&in.sin6_addr, bytes, sizeof in.sin6_addr);
    return Address::from(reinterpret_cast<const sockaddr*>(&in), 0);
  }
  sockaddr_in in{};
  in.sin_family = AF_INET;
  std::memcpy(&in.sin_addr, bytes, sizeof in.sin_addr);
  return Address::from(reinterpret_cast<const sockaddr*>(&in), 0);
}

// One request, one answer: a header of the given kind, then attributes.
template <class Body>
class Request {
 public:
  Request(int type, const Body& body) {
    message_.header.nlmsg_type = static_cast<std::uint16_t>(type);
    message_.header.nlmsg_flags = NLM_F_REQUEST;
    message_.body = body;
    message_.header.nlmsg_len = NLMSG_LENGTH(sizeof(Body));
  }

  void add(std::uint16_t type, std::string_view bytes) {
    auto* attribute = reinterpret_cast<rtattr*>(reinterpret_cast<char*>(&message_) +
                                                NLMSG_ALIGN(message_.header.nlmsg_len));
    attribute->rta_type = type;
    attribute->rta_len = static_cast<std::uint16_t>(RTA_LENGTH(bytes.size()));
    std::memcpy(RTA_DATA(attribute), bytes.data(), bytes.size());
    message_.header.nlmsg_len = static_cast<std::uint32_t>(NLMSG_ALIGN(message_.header.nlmsg_len) +
                                                           RTA_ALIGN(attribute->rta_len));
  }

  // Calls found(body, attribute) for each attribute of the answer, if there is one.
  template <class Found>
  void ask(int answer_type, Found&& found) {
    const FileDescriptor socket_fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!socket_fd || send(socket_fd.get(), &message_, message_.header.nlmsg_len, 0) < 0) {
      return;
    }
    alignas(nlmsghdr) std::array<char, 4096> answer;
    // The kernel has answered before send() returns.
    const ssize_t got = recv(socket_fd.get(), answer.data(), answer.size(), MSG_DONTWAIT);
    const auto* header = reinterpret_cast<const nlmsghdr*>(answer.data());
    if (got < static_cast<ssize_t>(sizeof *header) ||
        !NLMSG_OK(header, static_cast<std::uint32_t>(got)) || header->nlmsg_type != answer_type) {
      return;
    }
    const auto* body = static_cast<const Body*>(NLMSG_DATA(header));
    auto left = static_cast<int>(header->nlmsg_len - NLMSG_LENGTH(sizeof(Body)));
    const auto* attribute = reinterpret_cast<const rtattr*>(reinterpret_cast<const char*>(body) +
                                                            NLMSG_ALIGN(sizeof(Body)));
    found(*body, nullptr);
    while (RTA_OK(attribute, left)) {
      found(*body, attribute);
      attribute = RTA_NEXT(attribute, left);
    }
  }

 private:
  struct Message {
    nlmsghdr header;
    Body body;
    std::array<char, 128> attributes;
  } message_{};
};

struct Way {
  bool unicast = false;
  unsigned interface = 0;
  std::optional<Address> gateway;
};

Way way_to(const Address& to) {
  const std::string_view bytes = address_bytes(to);
  rtmsg body{};
  body.rtm_family = static_cast<unsigned char>(to.family());
  body.rtm_dst_len = static_cast<unsigned char>(bytes.size() * 8);
  Request<rtmsg> request(RTM_GETROUTE, body);
  request.add(RTA_DST, bytes);
  Way way;
  request.ask(RTM_NEWROUTE, [&](const rtmsg& route, const rtattr* attribute) {
    if (attribute == nullptr) {
      way.unicast = route.rtm_type == RTN_UNICAST;
    } else if (attribute->rta_type == RTA_OIF) {
      std::memcpy(&way.interface, RTA_DATA(attribute), sizeof way.interface);
    } else if (attribute->rta_type == RTA_GATEWAY) {
      way.gateway = address_of(route.rtm_family, RTA_DATA(attribute));
    } else if (attribute->rta_type == RTA_VIA) {  // IPv4 through an IPv6 gateway
      const auto* via = static_cast<const rtvia*>(RTA_DATA(attribute));
      way.gateway = address_of(via->rtvia_family, via->rtvia_addr);
    }
  });
  return way;
}

}  // namespace

std::optional<Gateway> gateway_towards(const Address& to) {
  const Way way = way_to(to);
  if (!way.unicast) return std::nullopt;
  if (way.gateway) return Gateway{*way.gateway, way.interface};
  const auto elsewhere = Address::from_text(to.is_v6() ? kElsewhereV6 : kElsewhereV4, 0);
  const Way default_way = way_to(*elsewhere);
  if (!default_way.gateway || default_way.interface != way.interface) return std::nullopt;
  return Gateway{*default_way.gateway, default_way.interface};
}

Neighbour neighbour_state(const Gateway& gateway) {
  ndmsg body{};
  body.ndm_family = static_cast<unsigned char>(gateway.address.family());
  body.ndm_ifindex = static_cast<int>(gateway.interface);
  Request<ndmsg> request(RTM_GETNEIGH, body);
  request.add(NDA_DST, address_bytes(gateway.address));
  Neighbour state = Neighbour::kUnknown;
  request.ask(RTM_NEWNEIGH, [&](const ndmsg& neighbour, const rtattr*) {
    if ((neighbour.ndm_state & (NUD_FAILED | NUD_INCOMPLETE)) != 0) {
      state = Neighbour::kFailed;
    } else if ((neighbour.ndm_state & (NUD_REACHABLE | NUD_PERMANENT | NUD_NOARP)) != 0) {
      state = Neighbour::kConfirmed;
    } else if ((neighbour.ndm_state & (NUD_STALE | NUD_DELAY | NUD_PROBE)) != 0) {
      state = Neighbour::kDoubtful;
    }
  });
  return state;
}

}  // namespace exporter
