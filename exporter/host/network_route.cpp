// rtmsg, then attributes: RTA_DST, RTA_GATEWAY, RTA_PREFSRC hold addresses of 4 or 16 bytes,
// RTA_OIF and RTA_PRIORITY 32 bits; RTA_MULTIPATH holds rtnexthop structs, each with attributes of
// its own.
#include "exporter/host/network_route.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cstring>

#include "exporter/core/number_text.h"

namespace exporter {
namespace {

constexpr Family kInfo{"node_network_route_info",
                       "A route; always 1.",
                       MetricType::kGauge,
                       {"dest", "device", "gw", "priority", "proto", "src", "weight"}};
constexpr Family kRoutes{
    "node_network_routes", "Routes by interface.", MetricType::kGauge, {"device"}};

class NetworkRouteCollector final : public Collector {
 public:
  explicit NetworkRouteCollector(const HostContext& context)
      : socket_(NETLINK_ROUTE, context.open_socket), ioctl_(context.ioctl) {}

  std::string_view name() const override { return "network_route"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    hops_.clear();
    const Result<void> asked = socket_.dump(
        RTM_GETROUTE, rtmsg{}, scrape.buffer, [this](std::uint16_t type, std::string_view body) {
          return type != RTM_NEWROUTE || parse_route(body, hops_);
        });
    if (!asked) return asked;
    count_by_device();
    out.family(kInfo);
    for (const RouteHop& hop : hops_) {
      const NumberText weight(hop.weight);
      out.add(1, hop.destination.data(), device(hop.interface), hop.gateway.data(),
              NumberText(hop.priority), route_protocol(hop.protocol), hop.source.data(),
              hop.weight == 0 ? std::string_view() : weight);
    }
    out.family(kRoutes);
    for (const Device& device : devices_) out.add(device.routes, device.name);
    return {};
  }

 private:
  struct Device {
    std::uint32_t index = 0;
    std::uint64_t routes = 0;
    std::string name;
  };

  void count_by_device() {
    devices_.clear();
    for (const RouteHop& hop : hops_) {
      auto found = std::ranges::find(devices_, hop.interface, &Device::index);
      if (found == devices_.end()) {
        devices_.push_back(
            {hop.interface, 0, interface_name(ioctl_, socket_.descriptor(), hop.interface)});
        found = devices_.end() - 1;
      }
      ++found->routes;
    }
  }

  std::string_view device(std::uint32_t index) const {
    return std::ranges::find(devices_, index, &Device::index)->name;
  }

  NetlinkSocket socket_;
  Ioctl ioctl_;
  std::vector<RouteHop> hops_;
  std::vector<Device> devices_;
};

void write_address(std::string_view bytes, RouteHop::Text& text) {
  text = {};
  const int family = bytes.size() == sizeof(in_addr) ? AF_INET : AF_INET6;
  if (bytes.size() != sizeof(in_addr) && bytes.size() != sizeof(in6_addr)) return;
  ::inet_ntop(family, bytes.data(), text.data(), static_cast<socklen_t>(text.size()));
}

void write_network(std::string_view bytes, unsigned length, RouteHop::Text& text) {
  if (length == 0) {
    text = {};
    std::strcpy(text.data(), "default");
    return;
  }
  write_address(bytes, text);
  const std::size_t end = std::strlen(text.data());
  text[end] = '/';
  const NumberText digits(length);
  std::string_view(digits).copy(text.data() + end + 1, text.size() - end - 2);
}

// Ways as RTA_MULTIPATH lists them; each is the route with a gateway and an interface of its own.
bool parse_multipath(std::string_view ways, const RouteHop& route, std::vector<RouteHop>& hops) {
  while (!ways.empty()) {
    std::string_view way = ways;
    rtnexthop head{};
    if (!take_struct(way, head) || head.rtnh_len < sizeof head || head.rtnh_len > ways.size()) {
      return false;
    }
    way = ways.substr(sizeof head, head.rtnh_len - sizeof head);
    ways.remove_prefix(std::min<std::size_t>(NLMSG_ALIGN(head.rtnh_len), ways.size()));
    RouteHop& hop = hops.emplace_back(route);
    hop.interface = static_cast<std::uint32_t>(head.rtnh_ifindex);
    hop.weight = head.rtnh_hops + 1U;
    std::uint16_t type = 0;
    std::string_view value;
    while (next_attribute(way, type, value)) {
      if (type == RTA_GATEWAY) write_address(value, hop.gateway);
    }
  }
  return true;
}

}  // namespace

bool parse_route(std::string_view body, std::vector<RouteHop>& hops) {
  rtmsg head{};
  if (!take_struct(body, head)) return false;
  if (head.rtm_type != RTN_UNICAST) return true;
  RouteHop route;
  route.protocol = head.rtm_protocol;
  std::string_view destination;
  std::string_view ways;
  std::uint16_t type = 0;
  std::string_view value;
  while (next_attribute(body, type, value)) {
    if (type == RTA_DST) destination = value;
    if (type == RTA_GATEWAY) write_address(value, route.gateway);
    if (type == RTA_PREFSRC) write_address(value, route.source);
    if (type == RTA_OIF) route.interface = as_struct<std::uint32_t>(value);
    if (type == RTA_PRIORITY) route.priority = as_struct<std::uint32_t>(value);
    if (type == RTA_MULTIPATH) ways = value;
  }
  if (!body.empty()) return false;
  write_network(destination, head.rtm_dst_len, route.destination);
  if (!ways.empty()) return parse_multipath(ways, route, hops);
  hops.push_back(route);
  return true;
}

std::string_view route_protocol(std::uint8_t protocol) {
  switch (protocol) {
    case RTPROT_UNSPEC: return "unspec";
    case RTPROT_REDIRECT: return "redirect";
    case RTPROT_KERNEL: return "kernel";
    case RTPROT_BOOT: return "boot";
    case RTPROT_STATIC: return "static";
    case RTPROT_GATED: return "gated";
    case RTPROT_RA: return "ra";
    case RTPROT_MRT: return "mrt";
    case RTPROT_ZEBRA: return "zebra";
    case RTPROT_BIRD: return "bird";
    case RTPROT_DNROUTED: return "dnrouted";
    case RTPROT_XORP: return "xorp";
    case RTPROT_NTK: return "ntk";
    case RTPROT_DHCP: return "dhcp";
    case RTPROT_MROUTED: return "mrouted";
    case RTPROT_BABEL: return "babel";
    case RTPROT_BGP: return "bgp";
    case RTPROT_ISIS: return "isis";
    case RTPROT_OSPF: return "ospf";
    case RTPROT_RIP: return "rip";
    case RTPROT_EIGRP: return "eigrp";
    default: return "unknown";
  }
}

CollectorRow network_route_row() {
  return {"network_route",
          false,
          "unicast routes (netlink)",
          {},
          make_collector<NetworkRouteCollector>};
}

}  // namespace exporter
