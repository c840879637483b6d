// TCP sockets per state and the bytes in their queues, by sock_diag(7): the kernel's lists of
// sockets are walked once, and no text is made.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "exporter/host/table.h"

namespace exporter {

struct TcpSockets {
  static constexpr std::size_t kStates = 16;

  std::array<std::uint64_t, kStates> by_state{};  // by the kernel's number of the state
  std::uint64_t receive_queue_bytes = 0;
  std::uint64_t send_queue_bytes = 0;
};

// Counts the socket of one message. False when the body is none.
bool count_socket(std::string_view body, TcpSockets& sockets);

CollectorRow tcpstat_row();

}  // namespace exporter
