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

CollectorRow sockstat_row();

}  // namespace exporter
