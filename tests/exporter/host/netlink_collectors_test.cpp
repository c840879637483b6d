// Collectors that ask by netlink: network_route, qdisc, tcpstat.
#include <netinet/in.h>

#include "exporter/host/interface_addresses.h"
#include "exporter/host/network_route.h"
#include "exporter/host/qdisc.h"
#include "exporter/host/tcpstat.h"
#include "tests/exporter/host/driven.h"
#include "tests/exporter/host/netlink_messages.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

using test::address;
using test::qdisc;
using test::raw;
using test::route;
using test::socket_in;
using test::way;

HostContext asking(int protocol, std::vector<test::NetlinkAnswers::Dump> dumps) {
  HostContext context = make_host_context({.procfs = "/nowhere"});
  context.ioctl = test::naming({"lo", "eth0", "eth1"});
  context.open_socket = test::answering({{protocol, test::NetlinkAnswers(std::move(dumps))}});
  return context;
}

TEST_CASE("TCP sockets are counted by state, with the bytes in their queues") {
  const HostContext context = asking(NETLINK_SOCK_DIAG, {{{TCPDIAG_GETSOCK, socket_in(1, 10, 5)},
                                                          {TCPDIAG_GETSOCK, socket_in(10, 1, 0)},
                                                          {TCPDIAG_GETSOCK, socket_in(12, 0, 0)},
                                                          {TCPDIAG_GETSOCK, socket_in(1, 0, 7)}}});
  Driven tcpstat(context, "tcpstat");
  const std::string expected =
      "node_tcp_connection_states{state=\"established\"} 2\n"
      "node_tcp_connection_states{state=\"syn_recv\"} 1\n"
      "node_tcp_connection_states{state=\"listen\"} 1\n"
      "node_tcp_connection_states{state=\"rx_queued_bytes\"} 11\n"
      "node_tcp_connection_states{state=\"tx_queued_bytes\"} 12\n";
  CHECK(tcpstat.scrape() == expected);
  CHECK(tcpstat.scrape() == expected);
  CHECK(tcpstat.result());
}

// A socket that listens on a free port of the machine itself; none where the family is missing.
template <class Address>
FileDescriptor listening_on(const Address& loopback, int family) {
  FileDescriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto* address = reinterpret_cast<const sockaddr*>(&loopback);
  const bool listens =
      ::bind(socket.get(), address, sizeof loopback) == 0 && ::listen(socket.get(), 1) == 0;
  return listens ? std::move(socket) : FileDescriptor();
}

int counted(Driven& tcpstat, std::string_view state) {
  const std::string page = tcpstat.scrape();
  const std::string start = "node_tcp_connection_states{state=\"" + std::string(state) + "\"} ";
  const std::size_t at = page.find(start);
  return at == page.npos ? 0 : std::stoi(page.substr(at + start.size()));
}

TEST_CASE("one question gets this machine's sockets of IPv4 and of IPv6") {
  Driven tcpstat(make_host_context({}), "tcpstat");
  sockaddr_in ipv4{};
  ipv4.sin_family = AF_INET;
  ipv4.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  sockaddr_in6 ipv6{};
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_addr = IN6ADDR_LOOPBACK_INIT;
  const FileDescriptor first = listening_on(ipv4, AF_INET);
  REQUIRE(first);
  CHECK(counted(tcpstat, "listen") >= 1);
  const FileDescriptor second = listening_on(ipv6, AF_INET6);
  if (second) CHECK(counted(tcpstat, "listen") >= 2);
}

TEST_CASE("a socket that only holds a port is in no state") {
  Driven tcpstat(make_host_context({}), "tcpstat");
  sockaddr_in loopback{};
  loopback.sin_family = AF_INET;
  loopback.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  std::vector<FileDescriptor> holders;
  for (int i = 0; i < 100; ++i) {
    holders.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::bind(holders.back().get(), reinterpret_cast<const sockaddr*>(&loopback),
                   sizeof loopback) == 0);
  }
  CHECK(counted(tcpstat, "close") < 100);
}

TEST_CASE("no sockets are no series; a refusal or an odd answer is an error") {
  CHECK(Driven(asking(NETLINK_SOCK_DIAG, {{}}), "tcpstat").scrape().empty());
  CHECK(Driven(asking(NETLINK_SOCK_DIAG, {{{NLMSG_ERROR, test::error_body(ENOENT)}}}), "tcpstat")
            .error() == ErrorKind::kNotFound);
  CHECK(Driven(asking(NETLINK_SOCK_DIAG, {{{NLMSG_ERROR, test::error_body(EPERM)}}}), "tcpstat")
            .error() == ErrorKind::kIo);
  CHECK(Driven(asking(NETLINK_SOCK_DIAG, {{{TCPDIAG_GETSOCK, "short"}}}), "tcpstat").error() ==
        ErrorKind::kParse);
  CHECK(Driven(asking(NETLINK_SOCK_DIAG, {{{TCPDIAG_GETSOCK, socket_in(99, 0, 0)}}}), "tcpstat")
            .error() == ErrorKind::kParse);
}

TEST_CASE("the root qdisc of each interface is reported; its inner ones are counted in it") {
  HostContext context =
      asking(NETLINK_ROUTE, {{{RTM_NEWQDISC, qdisc(2, TC_H_ROOT, "fq_codel", false)},
                              {RTM_NEWQDISC, qdisc(2, 0x10001, "pfifo", false)},
                              {RTM_NEWQDISC, qdisc(2, TC_H_INGRESS, "clsact", false)},
                              {RTM_NEWQDISC, qdisc(9, TC_H_ROOT, "gone", false)},
                              {RTM_NEWQDISC, qdisc(3, TC_H_ROOT, "mq", true)}}});
  Driven driven(context, "qdisc");
  const std::string expected =
      "node_qdisc_bytes_total{device=\"eth0\",kind=\"fq_codel\"} 1234567890123\n"
      "node_qdisc_bytes_total{device=\"eth1\",kind=\"mq\"} 1234567890123\n"
      "node_qdisc_packets_total{device=\"eth0\",kind=\"fq_codel\"} 77\n"
      "node_qdisc_packets_total{device=\"eth1\",kind=\"mq\"} 1099511627776\n"
      "node_qdisc_drops_total{device=\"eth0\",kind=\"fq_codel\"} 3\n"
      "node_qdisc_drops_total{device=\"eth1\",kind=\"mq\"} 3\n"
      "node_qdisc_requeues_total{device=\"eth0\",kind=\"fq_codel\"} 4\n"
      "node_qdisc_requeues_total{device=\"eth1\",kind=\"mq\"} 4\n"
      "node_qdisc_overlimits_total{device=\"eth0\",kind=\"fq_codel\"} 5\n"
      "node_qdisc_overlimits_total{device=\"eth1\",kind=\"mq\"} 5\n"
      "node_qdisc_current_queue_length{device=\"eth0\",kind=\"fq_codel\"} 1\n"
      "node_qdisc_current_queue_length{device=\"eth1\",kind=\"mq\"} 1\n"
      "node_qdisc_backlog{device=\"eth0\",kind=\"fq_codel\"} 2\n"
      "node_qdisc_backlog{device=\"eth1\",kind=\"mq\"} 2\n";
  CHECK(driven.scrape() == expected);
  CHECK(driven.scrape() == expected);
  context.options = {{"qdisc.device-include", "eth1"}};
  CHECK(Driven(context, "qdisc").scrape().find("eth0") == std::string::npos);
  context.options = {{"qdisc.device-include", "a"}, {"qdisc.device-exclude", "b"}};
  CHECK_FALSE(Driven(context, "qdisc").was_made());
}

TEST_CASE("a qdisc that is cut short is an error") {
  Qdisc parsed;
  const std::string whole = qdisc(2, TC_H_ROOT, "fq", false);
  CHECK(parse_qdisc(whole, parsed) == QdiscPart::kRoot);
  CHECK(parsed.kind == "fq");
  CHECK(parse_qdisc(std::string_view(whole).substr(0, whole.size() - 4), parsed) ==
        QdiscPart::kNone);
  CHECK(parse_qdisc("short", parsed) == QdiscPart::kNone);
  CHECK(Driven(asking(NETLINK_ROUTE, {{{RTM_NEWQDISC, "short"}}}), "qdisc").error() ==
        ErrorKind::kParse);
}

TEST_CASE("addresses of interfaces are reported when asked for, this end of a link between two") {
  const test::TempTree tree;
  tree.write("net/dev", "|\n|\n  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
  const auto one = [](std::uint8_t family, std::uint8_t length, std::uint32_t interface,
                      std::string_view attributes) {
    return test::NetlinkAnswers::Answer{
        RTM_NEWADDR, test::interface_address(family, length, interface, attributes)};
  };
  HostContext context = asking(
      NETLINK_ROUTE,
      {{one(AF_INET, 24, 2, test::attribute(IFA_ADDRESS, address("192.0.2.7"))),
        one(AF_INET, 32, 2,
            test::attribute(IFA_ADDRESS, address("198.51.100.1")) +
                test::attribute(IFA_LOCAL, address("198.51.100.2"))),
        one(AF_INET, 16, 2, test::attribute(IFA_LOCAL, address("169.254.1.1"))),
        one(AF_INET6, 64, 2, test::attribute(IFA_ADDRESS, address("fe80::1"))),
        one(AF_INET6, 128, 2, test::attribute(IFA_ADDRESS, address("2001:db8::1"))),
        one(AF_INET6, 128, 2, test::attribute(IFA_ADDRESS, address("ff02::1"))),
        one(AF_INET, 24, 3, test::attribute(IFA_ADDRESS, address("192.0.2.8"))),  // not in net/dev
        one(AF_INET, 24, 2, test::attribute(IFA_ADDRESS, "odd"))}});
  context.roots.procfs = tree.root();
  CHECK(Driven(context, "netdev").scrape().find("address_info") == std::string::npos);
  context.options = {{"netdev.address-info", "true"}};
  Driven driven(context, "netdev");
  std::string expected;
  const auto line = [&](const char* text, const char* netmask, const char* scope) {
    expected += std::string("node_network_address_info{address=\"") + text +
                "\",device=\"eth0\",netmask=\"" + netmask + "\",scope=\"" + scope + "\"} 1\n";
  };
  line("192.0.2.7", "24", "global");
  line("198.51.100.2", "32", "global");
  line("169.254.1.1", "16", "link-local");
  line("fe80::1", "64", "link-local");
  line("2001:db8::1", "128", "global");
  line("ff02::1", "128", "");
  for (int i = 0; i < 2; ++i) {
    const std::string page = driven.scrape();
    CHECK(page.substr(page.find("node_network_address_info")) == expected);
    CHECK(driven.result());
  }
}

TEST_CASE("addresses that are cut short are no addresses") {
  std::vector<InterfaceAddress> addresses;
  const std::string whole =
      test::interface_address(AF_INET, 24, 2, test::attribute(IFA_ADDRESS, address("192.0.2.7")));
  CHECK(parse_interface_address(whole, addresses));
  CHECK(addresses.size() == 1);
  CHECK_FALSE(
      parse_interface_address(std::string_view(whole).substr(0, whole.size() - 2), addresses));
  CHECK_FALSE(parse_interface_address("short", addresses));
  CHECK(addresses.size() == 1);
}

TEST_CASE("unicast routes are reported with each of their ways") {
  const std::string plain = test::attribute(RTA_GATEWAY, address("10.0.0.1")) +
                            test::attribute(RTA_OIF, raw(2)) +
                            test::attribute(RTA_PRIORITY, raw(100));
  const std::string local = test::attribute(RTA_DST, address("10.0.0.0")) +
                            test::attribute(RTA_PREFSRC, address("10.0.0.7")) +
                            test::attribute(RTA_OIF, raw(2));
  const std::string several =
      test::attribute(RTA_DST, address("2001:db8::")) +
      test::attribute(RTA_MULTIPATH, way(2, 0, "fe80::1") + way(3, 9, "fe80::2"));
  const HostContext context =
      asking(NETLINK_ROUTE, {{{RTM_NEWROUTE, route(RTN_UNICAST, 0, plain)},
                              {RTM_NEWROUTE, route(RTN_UNICAST, 24, local)},
                              {RTM_NEWROUTE, route(RTN_LOCAL, 32, local)},
                              {RTM_NEWROUTE, route(RTN_UNICAST, 32, several)}}});
  Driven routes(context, "network_route");
  const std::string expected =
      "node_network_route_info{dest=\"default\",device=\"eth0\",gw=\"10.0.0.1\",priority=\"100\","
      "proto=\"static\",src=\"\",weight=\"\"} 1\n"
      "node_network_route_info{dest=\"10.0.0.0/24\",device=\"eth0\",gw=\"\",priority=\"0\","
      "proto=\"static\",src=\"10.0.0.7\",weight=\"\"} 1\n"
      "node_network_route_info{dest=\"2001:db8::/32\",device=\"eth0\",gw=\"fe80::1\","
      "priority=\"0\",proto=\"static\",src=\"\",weight=\"1\"} 1\n"
      "node_network_route_info{dest=\"2001:db8::/32\",device=\"eth1\",gw=\"fe80::2\","
      "priority=\"0\",proto=\"static\",src=\"\",weight=\"10\"} 1\n"
      "node_network_routes{device=\"eth0\"} 3\n"
      "node_network_routes{device=\"eth1\"} 1\n";
  CHECK(routes.scrape() == expected);
  CHECK(routes.scrape() == expected);
}

TEST_CASE("routes that are cut short or hold addresses of no length are harmless") {
  std::vector<RouteHop> hops;
  CHECK_FALSE(parse_route("short", hops));
  CHECK_FALSE(parse_route(route(RTN_UNICAST, 0, "12345678").substr(0, 14), hops));
  CHECK(parse_route(route(RTN_UNICAST, 8, test::attribute(RTA_DST, "ab")), hops));
  CHECK(std::string_view(hops.back().destination.data()) == "/8");
  CHECK_FALSE(parse_route(route(RTN_UNICAST, 0, test::attribute(RTA_MULTIPATH, "abc")), hops));
  rtnexthop endless{};
  CHECK_FALSE(
      parse_route(route(RTN_UNICAST, 0, test::attribute(RTA_MULTIPATH, raw(endless))), hops));
  CHECK(route_protocol(RTPROT_KERNEL) == "kernel");
  CHECK(route_protocol(250) == "unknown");
  CHECK(Driven(asking(NETLINK_ROUTE, {{{RTM_NEWROUTE, "short"}}}), "network_route").error() ==
        ErrorKind::kParse);
}

}  // namespace
}  // namespace exporter
