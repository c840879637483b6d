// A datagram holds messages, each a nlmsghdr, an if_stats_msg and the attribute IFLA_STATS_LINK_64
// with a rtnl_link_stats64, which grew over time: a shorter one has fewer numbers. The kernel adds
// what the driver tells apart only in P/net/dev (dev_seq_printf_stats), so the same sums are made
// here.
#include "exporter/host/netdev_netlink.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>

#include "exporter/host/netlink_bytes.h"

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
  if (!take(message, head)) return false;
  nlattr attribute{};
  std::string_view value;
  while (take(message, attribute)) {
    if (!take_body(message, attribute.nla_len, sizeof attribute, value)) return false;
    if (attribute.nla_type != IFLA_STATS_LINK_64) continue;
    devices.push_back({static_cast<std::int32_t>(head.ifindex), as_proc_net_dev_counts(value)});
  }
  return true;
}

}  // namespace

DumpState parse_stats_dump(std::string_view datagram, std::uint32_t sequence,
                           std::vector<IndexedDevice>& devices) {
  nlmsghdr head{};
  std::string_view message;
  while (take(datagram, head)) {
    if (!take_body(datagram, head.nlmsg_len, sizeof head, message)) return DumpState::kFailed;
    if (head.nlmsg_seq != sequence) continue;
    if (head.nlmsg_type == NLMSG_DONE) return DumpState::kDone;
    if (head.nlmsg_type == NLMSG_ERROR) return DumpState::kFailed;
    if (head.nlmsg_type == RTM_NEWSTATS && !parse_device(message, devices)) {
      return DumpState::kFailed;
    }
  }
  return DumpState::kMore;
}

Result<void> LinkStatsSocket::fail_anew(const char* call, int error) {
  socket_.reset();
  return fail(ErrorKind::kIo,
              std::string("netlink: ") + call + ": " + std::generic_category().message(error));
}

// The kernel makes the answer while it takes the request and while it hands out the part before,
// so an answer that is not there will not come.
Result<void> LinkStatsSocket::dump(ReadBuffer& buffer) {
  if (!socket_) {
    socket_.reset(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!socket_) return fail_anew("socket", errno);
  }
  struct {
    nlmsghdr head;
    if_stats_msg body;
  } request{};
  request.head.nlmsg_len = sizeof request;
  request.head.nlmsg_type = RTM_GETSTATS;
  request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.head.nlmsg_seq = ++sequence_;
  request.body.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
  if (::send(socket_.get(), &request, sizeof request, 0) < 0) return fail_anew("send", errno);
  dumped_.clear();
  for (;;) {
    const ssize_t length =
        ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC);
    if (length < 0) return fail_anew("recv", errno);
    if (static_cast<std::size_t>(length) > buffer.size()) {
      buffer.grow();
      return fail_anew("recv", EMSGSIZE);
    }
    const std::string_view datagram(buffer.data(), static_cast<std::size_t>(length));
    const DumpState state = parse_stats_dump(datagram, sequence_, dumped_);
    if (state == DumpState::kFailed) return fail_anew("RTM_GETSTATS", EBADMSG);
    if (state == DumpState::kDone) return {};
  }
}

Result<void> LinkStatsSocket::read(ReadBuffer& buffer, std::vector<NetworkDevice>& devices) {
  devices.clear();
  if (auto dumped = dump(buffer); !dumped) return dumped;
  for (const IndexedDevice& dumped : dumped_) {
    ifreq request{};
    request.ifr_ifindex = dumped.index;
    if (::ioctl(socket_.get(), SIOCGIFNAME, &request) < 0) continue;  // gone in the meantime
    devices.push_back(dumped.device);
    devices.back().name.assign(request.ifr_name, ::strnlen(request.ifr_name, IFNAMSIZ));
  }
  return {};
}

}  // namespace exporter
