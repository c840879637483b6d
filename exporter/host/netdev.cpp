// Inter-|   Receive                                                |  Transmit
//  face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo
//  ...
//   eth0: 146103256    2924    0    0    0     0          0         0   134569    1700    0    0
//   ...
#include "exporter/host/netdev.h"

#include <algorithm>
#include <array>
#include <optional>

#include "exporter/core/number_text.h"
#include "exporter/core/scan.h"
#include "exporter/host/interface_addresses.h"
#include "exporter/host/netdev_netlink.h"
#include "exporter/host/options.h"

namespace exporter {
namespace {

constexpr Family counter(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kCounter, {"device", "ifalias"}, {}, EmptyLabels::kLeftOut};
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

constexpr Family kAddress{"node_network_address_info",
                          "An address of an interface; always 1.",
                          MetricType::kGauge,
                          {"address", "device", "netmask", "scope"}};

constexpr CollectorOption kOptions[] = {
    {"netdev.address-info", "false", "report the interfaces' addresses"},
    {"netdev.device-include", "", "interfaces to report"},
    {"netdev.device-exclude", "", "interfaces to leave out"},
    {"netdev.label-ifalias", "false", "give the interface's alias as the label ifalias"},
    {"netdev.netlink", "true", "ask by netlink instead of reading /proc/net/dev"},
};

class NetdevCollector final : public Collector {
 public:
  struct Settings {
    NameFilter filter;
    bool netlink = false;
    bool with_addresses = false;
    bool with_aliases = false;
  };

  NetdevCollector(const HostContext& context, Settings settings)
      : file_(network_file(context.roots, "dev"), FileShape::kManyRecords),
        interfaces_(context.roots.sysfs + "/class/net/"),
        filter_(std::move(settings.filter)),
        netlink_(settings.netlink),
        with_aliases_(settings.with_aliases) {
    if (settings.with_addresses) addresses_.emplace(context);
  }

  std::string_view name() const override { return "netdev"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const Result<void> result = read(scrape);
    filter_.restart();
    std::erase_if(devices_,
                  [&](const NetworkDevice& device) { return !filter_.passes(device.name); });
    if (with_aliases_) read_aliases();
    for (const Output& output : kOutputs) {
      out.family(output.family);
      for (const NetworkDevice& device : devices_) {
        out.add(device.*output.count, device.name, device.alias);
      }
    }
    out.family(kNohandler);
    for (const NetworkDevice& device : devices_) {
      if (!device.receive_nohandler) continue;
      out.add(*device.receive_nohandler, device.name, device.alias);
    }
    const Result<void> addresses = addresses_ ? write_addresses(scrape, out) : Result<void>();
    return result ? addresses : result;
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

  void read_aliases() {
    for (NetworkDevice& device : devices_) {
      const auto text = read_file(interfaces_ + device.name + "/ifalias", kMostAliasBytes);
      device.alias = text ? trimmed(*text) : std::string_view();
    }
  }

  Result<void> write_addresses(const Scrape& scrape, SampleWriter& out) {
    if (auto read = addresses_->read(scrape.buffer); !read) return read;
    out.family(kAddress);
    for (const InterfaceAddress& address : addresses_->all()) {
      const std::string device = addresses_->name(address.interface);
      if (std::ranges::find(devices_, device, &NetworkDevice::name) == devices_.end()) {
        continue;  // not wanted, or gone in the meantime
      }
      out.add(1, address.text.data(), device, NumberText(address.prefix_length), address.scope);
    }
    return {};
  }

  static constexpr std::size_t kMostAliasBytes = 4096;  // the kernel takes 256

  KernelFile file_;
  const std::string interfaces_;  // S/class/net/
  OrderedFilter filter_;
  LinkStatsSocket socket_;
  bool netlink_;
  bool with_aliases_;
  std::vector<NetworkDevice> devices_;
  std::optional<InterfaceAddresses> addresses_;  // when they are asked for
};

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  auto filter = filter_option(context, "netdev.device-include", "netdev.device-exclude");
  if (!filter) return std::unexpected(filter.error());
  const auto netlink = flag_option(context, "netdev.netlink");
  if (!netlink) return std::unexpected(netlink.error());
  const auto addresses = flag_option(context, "netdev.address-info");
  if (!addresses) return std::unexpected(addresses.error());
  const auto aliases = flag_option(context, "netdev.label-ifalias");
  if (!aliases) return std::unexpected(aliases.error());
  // Netlink answers for this process' own network, not for that of another procfs.
  const bool own_network = context.roots.procfs == "/proc";
  return std::make_unique<NetdevCollector>(
      context,
      NetdevCollector::Settings{std::move(*filter), *netlink && own_network, *addresses, *aliases});
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
