// Traffic of the network interfaces, by netlink (exporter/host/netdev_netlink.h) or from P/net/dev.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/line_errors.h"
#include "exporter/host/table.h"

namespace exporter {

// One interface, counted as P/net/dev counts: drop includes missed packets, frame and carrier are
// sums of what the driver tells apart.
struct NetworkDevice {
  std::string name;   // at most 15 bytes, which std::string keeps inside itself
  std::string alias;  // when it is asked for
  std::uint64_t receive_bytes = 0;
  std::uint64_t receive_packets = 0;
  std::uint64_t receive_errs = 0;
  std::uint64_t receive_drop = 0;
  std::uint64_t receive_fifo = 0;
  std::uint64_t receive_frame = 0;
  std::uint64_t receive_compressed = 0;
  std::uint64_t receive_multicast = 0;
  std::uint64_t transmit_bytes = 0;
  std::uint64_t transmit_packets = 0;
  std::uint64_t transmit_errs = 0;
  std::uint64_t transmit_drop = 0;
  std::uint64_t transmit_fifo = 0;
  std::uint64_t transmit_colls = 0;
  std::uint64_t transmit_carrier = 0;
  std::uint64_t transmit_compressed = 0;
  std::optional<std::uint64_t> receive_nohandler;  // not in P/net/dev
};

void parse_net_dev(std::string_view text, std::vector<NetworkDevice>& devices, LineErrors& errors);

CollectorRow netdev_row();

}  // namespace exporter
