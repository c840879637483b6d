// IP address       HW type     Flags       HW address            Mask     Device
// 10.0.0.1         0x1         0x2         02:00:00:00:00:01     *        eth0
#include "exporter/host/arp.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>

#include "exporter/core/scan.h"
#include "exporter/host/options.h"

namespace exporter {
namespace {

constexpr Family kEntries{"node_arp_entries",
                          "Neighbours whose hardware address the kernel keeps.",
                          MetricType::kGauge,
                          {"device"}};

constexpr CollectorOption kOptions[] = {
    {"arp.device-include", "", "interfaces to report"},
    {"arp.device-exclude", "", "interfaces to leave out"},
    {"arp.netlink", "true", "ask by netlink instead of reading /proc/net/arp"},
};

template <class Device>
void count(Device device, std::vector<ArpCount<Device>>& counts) {
  const auto found = std::ranges::find(counts, device, &ArpCount<Device>::device);
  ++(found == counts.end() ? counts.emplace_back(ArpCount<Device>{device, 0}) : *found).entries;
}

class ArpCollector final : public Collector {
 public:
  ArpCollector(const HostContext& context, NameFilter filter, bool netlink)
      : file_(network_file(context.roots, "arp"), FileShape::kManyRecords),
        filter_(std::move(filter)),
        socket_(NETLINK_ROUTE, context.open_socket),
        ioctl_(context.ioctl),
        netlink_(netlink) {}

  std::string_view name() const override { return "arp"; }

  // Where netlink is denied (a seccomp filter, another kernel) the file tells the same.
  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    filter_.restart();
    if (netlink_ && ask(scrape)) {
      out.family(kEntries);
      for (const auto& count : indexed_) {
        const std::string name = interface_name(ioctl_, socket_.descriptor(), count.device);
        if (!name.empty() && filter_.passes(name)) out.add(count.entries, name);
      }
      return {};
    }
    const auto text = file_.read(scrape.buffer);
    if (!text) return std::unexpected(text.error());
    LineErrors errors;
    parse_arp(*text, named_, errors);
    out.family(kEntries);
    for (const auto& count : named_) {
      if (filter_.passes(count.device)) out.add(count.entries, count.device);
    }
    return errors.result(file_.path());
  }

 private:
  bool ask(const Scrape& scrape) {
    indexed_.clear();
    ndmsg request{};
    request.ndm_family = AF_INET;
    return socket_
        .dump(RTM_GETNEIGH, request, scrape.buffer,
              [this](std::uint16_t type, std::string_view body) {
                return type != RTM_NEWNEIGH || count_neighbour(body, indexed_);
              })
        .has_value();
  }

  KernelFile file_;
  OrderedFilter filter_;
  NetlinkSocket socket_;
  Ioctl ioctl_;
  bool netlink_;
  std::vector<ArpCount<std::uint32_t>> indexed_;
  std::vector<ArpCount<std::string_view>> named_;
};

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  auto filter = filter_option(context, "arp.device-include", "arp.device-exclude");
  if (!filter) return std::unexpected(filter.error());
  const auto netlink = flag_option(context, "arp.netlink");
  if (!netlink) return std::unexpected(netlink.error());
  return std::make_unique<ArpCollector>(context, std::move(*filter), *netlink);
}

}  // namespace

bool count_neighbour(std::string_view body, std::vector<ArpCount<std::uint32_t>>& counts) {
  ndmsg neighbour{};
  if (!take_struct(body, neighbour)) return false;
  if (neighbour.ndm_family == AF_INET && (neighbour.ndm_state & NUD_NOARP) == 0) {
    count(static_cast<std::uint32_t>(neighbour.ndm_ifindex), counts);
  }
  return true;
}

void parse_arp(std::string_view text, std::vector<ArpCount<std::string_view>>& counts,
               LineErrors& errors) {
  counts.clear();
  std::string_view line;
  next_line(text, line);
  while (next_line(text, line)) {
    std::string_view rest = line;
    for (int column = 0; column < 5; ++column) next_word(rest);
    const std::string_view device = next_word(rest);
    if (device.empty()) {
      errors.add(line);
    } else {
      count(device, counts);
    }
  }
}

CollectorRow arp_row() {
  return {"arp", true, "neighbours by hardware address (netlink, /proc/net/arp)", kOptions, make};
}

}  // namespace exporter
