// Sockets in use per protocol and their memory. P/net/sockstat, P/net/sockstat6, proc_net(5).
#pragma once

#include <string_view>
#include <vector>

#include "exporter/core/line_errors.h"
#include "exporter/core/number.h"
#include "exporter/host/table.h"

namespace exporter {

// "TCP: inuse 1 mem 65" is {TCP, inuse, 1} and {TCP, mem, 65}. Views into the text.
struct SocketCount {
  std::string_view protocol;
  std::string_view name;
  std::uint64_t value = 0;
};

void parse_sockstat(std::string_view text, std::vector<SocketCount>& counts, LineErrors& errors);

// True when the text says that no socket of the protocol ("UDP:") is in use, so that its table need
// not be read. False when it says nothing about it.
bool has_no_sockets(std::string_view sockstat, std::string_view protocol);

CollectorRow sockstat_row();

}  // namespace exporter
