// A datagram holds messages, each a nlmsghdr, an if_stats_msg and the attribute IFLA_STATS_LINK_64
// with a rtnl_link_stats64, which grew over time: a shorter one has fewer numbers. The kernel adds
// what the driver tells apart only in P/net/dev (dev_seq_printf_stats), so the same sums are made
// here.
#include "exporter/host/netdev_netlink.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

namespace exporter {
namespace {

NetworkDevice as_proc_net_dev_counts(std::string_view attribute) {
  rtnl_link_stats64 stats{};
  attribute.copy(reinterpret_cast<char*>(&stats), sizeof stats);
  NetworkDevice device;
  device.receive_bytes = stats.rx_bytes;
  device.receive_packets = stats.rx_packets;
  device.receive_errs = stats.rx_errors;
  device.receive_drop = stats.rx_dropped + stats.rx_missed_errors;
  device.receive_fifo = stats.rx_fifo_errors;
  device.receive_frame =
      stats.rx_length_errors + stats.rx_over_errors + stats.rx_crc_errors + stats.rx_frame_errors;
  device.receive_compressed = stats.rx_compressed;
  device.receive_multicast = stats.multicast;
  device.transmit_bytes = stats.tx_bytes;
  device.transmit_packets = stats.tx_packets;
  device.transmit_errs = stats.tx_errors;
  device.transmit_drop = stats.tx_dropped;
  device.transmit_fifo = stats.tx_fifo_errors;
  device.transmit_colls = stats.collisions;
  device.transmit_carrier = stats.tx_carrier_errors + stats.tx_aborted_errors +
                            stats.tx_window_errors + stats.tx_heartbeat_errors;
  device.transmit_compressed = stats.tx_compressed;
  constexpr std::size_t kNohandlerEnd = offsetof(rtnl_link_stats64, rx_nohandler) + 8;
  if (attribute.size() >= kNohandlerEnd) device.receive_nohandler = stats.rx_nohandler;
  return device;
}

bool parse_device(std::string_view message, std::vector<IndexedDevice>& devices) {
  if_stats_msg head{};
  if (!take_struct(message, head)) return false;
  std::uint16_t type = 0;
  std::string_view value;
  while (next_attribute(message, type, value)) {
    if (type != IFLA_STATS_LINK_64) continue;
    devices.push_back({static_cast<std::int32_t>(head.ifindex), as_proc_net_dev_counts(value)});
  }
  return message.size() < sizeof(nlattr);
}

}  // namespace

DumpState parse_stats_dump(std::string_view datagram, std::uint32_t sequence,
                           std::vector<IndexedDevice>& devices) {
  nlmsghdr head{};
  std::string_view message;
  while (next_message(datagram, head, message)) {
    if (head.nlmsg_seq != sequence) continue;
    if (head.nlmsg_type == NLMSG_DONE) return DumpState::kDone;
    if (head.nlmsg_type == NLMSG_ERROR) return DumpState::kFailed;
    if (head.nlmsg_type == RTM_NEWSTATS && !parse_device(message, devices)) {
      return DumpState::kFailed;
    }
  }
  return datagram.size() < sizeof head ? DumpState::kMore : DumpState::kFailed;
}

Result<void> LinkStatsSocket::dump(ReadBuffer& buffer) {
  if_stats_msg body{};
  body.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
  const std::string_view bytes(reinterpret_cast<const char*>(&body), sizeof body);
  if (auto sent = socket_.request(RTM_GETSTATS, bytes); !sent) return sent;
  dumped_.clear();
  for (;;) {
    const auto datagram = socket_.receive(buffer);
    if (!datagram) return std::unexpected(datagram.error());
    const DumpState state = parse_stats_dump(*datagram, socket_.sequence(), dumped_);
    if (state == DumpState::kFailed) return socket_.give_up("RTM_GETSTATS", EBADMSG);
    if (state == DumpState::kDone) return {};
  }
}

Result<void> LinkStatsSocket::read(ReadBuffer& buffer, std::vector<NetworkDevice>& devices) {
  devices.clear();
  names_.update();
  if (auto dumped = dump(buffer); !dumped) return dumped;
  for (const IndexedDevice& dumped : dumped_) {
    const std::string& name =
        names_.of(static_cast<std::uint32_t>(dumped.index), socket_.descriptor());
    if (name.empty()) continue;  // gone in the meantime
    devices.push_back(dumped.device);
    devices.back().name = name;
  }
  return {};
}

}  // namespace exporter
