// Bytes waiting in the queues of UDP sockets. P/net/udp, P/net/udp6, proc_net_udp(5), and
// P/net/sockstat, P/net/sockstat6.
#pragma once

#include <cstdint>
#include <string_view>

#include "exporter/core/line_errors.h"
#include "exporter/host/table.h"

namespace exporter {

// Sums over all sockets of the file.
struct UdpQueues {
  std::uint64_t transmit = 0;
  std::uint64_t receive = 0;
};

UdpQueues parse_udp(std::string_view text, LineErrors& errors);

CollectorRow udp_queues_row();

}  // namespace exporter
