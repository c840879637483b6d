// The question by protocol, older than that by family, gets the sockets of IPv4 and IPv6 at once:
// the kernel's table, which has room for as many sockets as the machine could have, is walked only
// once.
#include "exporter/host/tcpstat.h"

#include <linux/inet_diag.h>

#include <algorithm>

namespace exporter {
namespace {

constexpr Family kStates{
    "node_tcp_connection_states",
    "TCP sockets in this state; rx_queued_bytes and tx_queued_bytes are bytes in their queues.",
    MetricType::kGauge,
    {"state"}};

// By the kernel's numbers, include/net/tcp_states.h. A request that is not accepted yet counts as
// SYN_RECV, as in /proc/net/tcp.
constexpr std::string_view kStateNames[] = {"",           "established", "syn_sent",  "syn_recv",
                                            "fin_wait1",  "fin_wait2",   "time_wait", "close",
                                            "close_wait", "last_ack",    "listen",    "closing"};

// All of those, and what is shown as one of them; without what Linux 6.8 added behind them: sockets
// that only hold a port, which it would call closed and /proc/net/tcp has never shown.
constexpr std::uint8_t kNewSynRecv = 12;
constexpr std::uint32_t kAsked = (1U << (kNewSynRecv + 1)) - 1;

class TcpstatCollector final : public Collector {
 public:
  explicit TcpstatCollector(const HostContext& context)
      : socket_(NETLINK_SOCK_DIAG, context.open_socket) {}

  std::string_view name() const override { return "tcpstat"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    TcpSockets sockets;
    const Result<void> counted = count(sockets, scrape);
    if (!counted) return counted;
    out.family(kStates);
    std::uint64_t all = 0;
    for (std::size_t i = 1; i < std::size(kStateNames); ++i) {
      all += sockets.by_state[i];
      if (sockets.by_state[i] > 0) out.add(sockets.by_state[i], kStateNames[i]);
    }
    if (all == 0) return {};
    out.add(sockets.receive_queue_bytes, "rx_queued_bytes");
    out.add(sockets.send_queue_bytes, "tx_queued_bytes");
    return {};
  }

 private:
  Result<void> count(TcpSockets& sockets, const Scrape& scrape) {
    inet_diag_req request{};
    request.idiag_states = kAsked;
    return socket_.dump(TCPDIAG_GETSOCK, request, scrape.buffer,
                        [&sockets](std::uint16_t type, std::string_view body) {
                          return type != TCPDIAG_GETSOCK || count_socket(body, sockets);
                        });
  }

  NetlinkSocket socket_;
};

}  // namespace

bool count_socket(std::string_view body, TcpSockets& sockets) {
  constexpr std::uint8_t kSynRecv = 3;
  inet_diag_msg socket{};
  if (!take_struct(body, socket)) return false;
  const std::uint8_t state = socket.idiag_state == kNewSynRecv ? kSynRecv : socket.idiag_state;
  if (state >= sockets.by_state.size()) return false;
  ++sockets.by_state[state];
  sockets.receive_queue_bytes += socket.idiag_rqueue;
  sockets.send_queue_bytes += socket.idiag_wqueue;
  return true;
}

CollectorRow tcpstat_row() {
  return {"tcpstat",
          false,
          "TCP sockets per state (netlink sock_diag)",
          {},
          make_collector<TcpstatCollector>};
}

}  // namespace exporter
