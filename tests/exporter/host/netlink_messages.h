// Messages of the kernel's answers about sockets, queueing disciplines and routes, for tests.
#pragma once

#include <arpa/inet.h>
#include <linux/gen_stats.h>
#include <linux/inet_diag.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/exporter/host/netlink_answers.h"

namespace test {

template <class T>
std::string_view raw(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

inline std::string address(const char* text) {
  in6_addr bytes{};
  if (::inet_pton(AF_INET, text, &bytes) == 1) return std::string(raw(bytes).substr(0, 4));
  ::inet_pton(AF_INET6, text, &bytes);
  return std::string(raw(bytes));
}

inline std::string socket_in(std::uint8_t state, std::uint32_t receive, std::uint32_t send) {
  inet_diag_msg socket{};
  socket.idiag_state = state;
  socket.idiag_rqueue = receive;
  socket.idiag_wqueue = send;
  return bytes_of(socket);
}

inline std::string qdisc(int interface, std::uint32_t parent, std::string_view kind,
                         bool long_packets) {
  tcmsg head{};
  head.tcm_ifindex = interface;
  head.tcm_parent = parent;
  gnet_stats_basic basic{};
  basic.bytes = 1'234'567'890'123;
  basic.packets = 77;
  const gnet_stats_queue queue{1, 2, 3, 4, 5};
  std::string stats;
  if (long_packets) stats += attribute(TCA_STATS_PKT64, raw(std::uint64_t{1} << 40));
  stats += attribute(TCA_STATS_BASIC, raw(basic));
  stats += attribute(TCA_STATS_QUEUE, raw(queue));
  return bytes_of(head) + attribute(TCA_KIND, std::string(kind) + '\0') +
         attribute(TCA_STATS2, stats);
}

inline std::string interface_address(std::uint8_t family, std::uint8_t prefix_length,
                                     std::uint32_t interface, std::string_view attributes) {
  ifaddrmsg head{};
  head.ifa_family = family;
  head.ifa_prefixlen = prefix_length;
  head.ifa_index = interface;
  return bytes_of(head) + std::string(attributes);
}

inline std::string route(std::uint8_t type, unsigned length, std::string_view attributes) {
  rtmsg head{};
  head.rtm_type = type;
  head.rtm_dst_len = static_cast<std::uint8_t>(length);
  head.rtm_protocol = RTPROT_STATIC;
  return bytes_of(head) + std::string(attributes);
}

inline std::string way(int interface, std::uint8_t hops, const char* gateway) {
  const std::string attributes = attribute(RTA_GATEWAY, address(gateway));
  rtnexthop head{};
  head.rtnh_len = static_cast<std::uint16_t>(sizeof head + attributes.size());
  head.rtnh_ifindex = interface;
  head.rtnh_hops = hops;
  return std::string(raw(head)) + attributes;
}

}  // namespace test
