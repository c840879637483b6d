// Inter-|   Receive                                                |  Transmit
//  face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo
//  ...
//   eth0: 146103256    2924    0    0    0     0          0         0   134569    1700    0    0
//   ...
#include "exporter/host/netdev.h"

#include <array>

#include "exporter/core/scan.h"
#include "exporter/host/netdev_netlink.h"
#include "exporter/host/options.h"

namespace exporter {
namespace {

constexpr Family counter(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kCounter, {"device"}};
}

struct Output {
  Family family;
  std::uint64_t NetworkDevice::* count;
};

// The columns of P/net/dev in their order.
constexpr std::array<Output, 16> kOutputs{{
    {counter("node_network_receive_bytes_total", "Bytes received."), &NetworkDevice::receive_bytes},
    {counter("node_network_receive_packets_total", "Packets received."),
     &NetworkDevice::receive_packets},
    {counter("node_network_receive_errs_total", "Packets received with an error."),
     &NetworkDevice::receive_errs},
    {counter("node_network_receive_drop_total",
             "Packets that arrived and were dropped or missed for want of room."),
     &NetworkDevice::receive_drop},
    {counter("node_network_receive_fifo_total", "Overruns of the receive queue."),
     &NetworkDevice::receive_fifo},
    {counter("node_network_receive_frame_total",
             "Packets received with a wrong length, checksum or alignment."),
     &NetworkDevice::receive_frame},
    {counter("node_network_receive_compressed_total", "Compressed packets received."),
     &NetworkDevice::receive_compressed},
    {counter("node_network_receive_multicast_total", "Multicast packets received."),
     &NetworkDevice::receive_multicast},
    {counter("node_network_transmit_bytes_total", "Bytes sent."), &NetworkDevice::transmit_bytes},
    {counter("node_network_transmit_packets_total", "Packets sent."),
     &NetworkDevice::transmit_packets},
    {counter("node_network_transmit_errs_total", "Packets that failed to be sent."),
     &NetworkDevice::transmit_errs},
    {counter("node_network_transmit_drop_total", "Packets dropped before they were sent."),
     &NetworkDevice::transmit_drop},
    {counter("node_network_transmit_fifo_total", "Overruns of the send queue."),
     &NetworkDevice::transmit_fifo},
    {counter("node_network_transmit_colls_total", "Collisions while sending."),
     &NetworkDevice::transmit_colls},
    {counter("node_network_transmit_carrier_total",
             "Packets not sent for want of a carrier or a window."),
     &NetworkDevice::transmit_carrier},
    {counter("node_network_transmit_compressed_total", "Compressed packets sent."),
     &NetworkDevice::transmit_compressed},
}};

constexpr Family kNohandler =
    counter("node_network_receive_nohandler_total", "Packets received that nobody took.");

constexpr CollectorOption kOptions[] = {
    {"netdev.device-include", "", "interfaces to report"},
    {"netdev.device-exclude", "", "interfaces to leave out"},
    {"netdev.netlink", "true", "ask by netlink instead of reading /proc/net/dev"},
};

class NetdevCollector final : public Collector {
 public:
  NetdevCollector(const HostContext& context, NameFilter filter, bool netlink)
      : file_(network_file(context.roots, "dev"), FileShape::kManyRecords),
        filter_(std::move(filter)),
        netlink_(netlink) {}

  std::string_view name() const override { return "netdev"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const Result<void> result = read(scrape);
    filter_.restart();
    std::erase_if(devices_,
                  [&](const NetworkDevice& device) { return !filter_.passes(device.name); });
    for (const Output& output : kOutputs) {
      out.family(output.family);
      for (const NetworkDevice& device : devices_) out.add(device.*output.count, device.name);
    }
    out.family(kNohandler);
    for (const NetworkDevice& device : devices_) {
      if (device.receive_nohandler) out.add(*device.receive_nohandler, device.name);
    }
    return result;
  }

 private:
  // Where netlink is denied (a seccomp filter, another kernel) the file still tells the most.
  Result<void> read(const Scrape& scrape) {
    if (netlink_ && socket_.read(scrape.buffer, devices_)) return {};
    devices_.clear();
    const auto text = file_.read(scrape.buffer);
    if (!text) return std::unexpected(text.error());
    LineErrors errors;
    parse_net_dev(*text, devices_, errors);
    return errors.result(file_.path());
  }

  KernelFile file_;
  OrderedFilter filter_;
  LinkStatsSocket socket_;
  bool netlink_;
  std::vector<NetworkDevice> devices_;
};

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  auto filter = filter_option(context, "netdev.device-include", "netdev.device-exclude");
  if (!filter) return std::unexpected(filter.error());
  const auto netlink = flag_option(context, "netdev.netlink");
  if (!netlink) return std::unexpected(netlink.error());
  // Netlink answers for this process' own network, not for that of another procfs.
  const bool own_network = context.roots.procfs == "/proc";
  return std::make_unique<NetdevCollector>(context, std::move(*filter), *netlink && own_network);
}

}  // namespace

void parse_net_dev(std::string_view text, std::vector<NetworkDevice>& devices, LineErrors& errors) {
  devices.clear();
  std::string_view line;
  next_line(text, line);
  next_line(text, line);
  while (next_line(text, line)) {
    const std::size_t colon = line.rfind(':');
    const std::string_view name = trimmed(line.substr(0, colon));
    std::string_view rest = colon == std::string_view::npos ? "" : line.substr(colon + 1);
    std::array<std::uint64_t, kOutputs.size()> counts{};
    if (name.empty() || next_numbers(rest, counts) != counts.size()) {
      errors.add(line);
      continue;
    }
    NetworkDevice& device = devices.emplace_back();
    device.name = name;
    for (std::size_t i = 0; i < counts.size(); ++i) device.*kOutputs[i].count = counts[i];
  }
}

CollectorRow netdev_row() {
  return {"netdev", true, "traffic of network interfaces (netlink, /proc/net/dev)", kOptions, make};
}

}  // namespace exporter
