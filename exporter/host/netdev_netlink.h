// Interface counters by rtnetlink (rtnetlink(7), RTM_GETSTATS since Linux 4.7): less to make for
// the kernel and to parse here than RTM_GETLINK, and with one number more than P/net/dev. The
// dump names interfaces by index; interface_names.h knows their names.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "exporter/core/error.h"
#include "exporter/core/kernel_file.h"
#include "exporter/host/interface_names.h"
#include "exporter/host/netdev.h"
#include "exporter/host/netlink.h"

namespace exporter {

enum class DumpState : std::uint8_t {
  kMore,  // the dump goes on in the next datagram
  kDone,
  kFailed,  // the kernel refused, or bytes are no netlink messages
};

struct IndexedDevice {
  std::int32_t index = 0;
  NetworkDevice device;  // without its name
};

// Appends the interfaces of one datagram. Messages of another sequence number are passed over.
DumpState parse_stats_dump(std::string_view datagram, std::uint32_t sequence,
                           std::vector<IndexedDevice>& devices);

class LinkStatsSocket {
 public:
  // All interfaces of this process' network namespace. After an error the socket is made anew.
  Result<void> read(ReadBuffer& buffer, std::vector<NetworkDevice>& devices);

 private:
  Result<void> dump(ReadBuffer& buffer);

  NetlinkSocket socket_{NETLINK_ROUTE, plain_socket};
  InterfaceNames names_;
  std::vector<IndexedDevice> dumped_;
};

}  // namespace exporter
