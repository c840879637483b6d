// Network interfaces by rtnetlink (rtnetlink(7), RTM_GETLINK): one dump tells what S/class/net has
// in a dozen files per interface, and the same socket hears of every change, so that a scrape
// without changes costs one system call however many interfaces there are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/error.h"
#include "exporter/core/kernel_file.h"
#include "exporter/core/number.h"
#include "exporter/host/netlink.h"

namespace exporter {

// As S/class/net shows it; what is empty has no value there either.
struct NetworkLink {
  std::int32_t index = 0;
  std::string name;
  bool is_admin_up = false;
  bool is_up = false;
  std::string operstate;
  std::string address;
  std::string broadcast;
  std::string ifalias;
  std::vector<std::string> altnames;
  std::optional<std::uint64_t> carrier;
  std::optional<std::uint64_t> carrier_changes;
  std::optional<std::uint64_t> carrier_up_changes;
  std::optional<std::uint64_t> carrier_down_changes;
  std::optional<std::uint64_t> dormant;
  std::optional<std::uint64_t> iface_id;
  std::optional<std::uint64_t> iface_link;
  std::optional<std::uint64_t> iface_link_mode;
  std::optional<std::uint64_t> mtu_bytes;
  std::optional<std::uint64_t> net_dev_group;
  std::optional<std::uint64_t> protocol_type;
  std::optional<std::uint64_t> transmit_queue_length;

  bool operator==(const NetworkLink&) const = default;
};

enum class LinkDump : std::uint8_t {
  kMore,  // the dump goes on in the next datagram
  kDone,
  kFailed,  // the kernel refused, or bytes are no netlink messages
};

// Appends the interfaces of one datagram of the dump of this sequence number. Sets `news` when
// something changed while the dump was made.
LinkDump parse_link_dump(std::string_view datagram, std::uint32_t sequence,
                         std::vector<NetworkLink>& links, bool& news);

class LinkSocket {
 public:
  // False when this process may not ask (another kernel, a seccomp filter).
  bool open() { return socket_.open().has_value(); }

  // Whether something may have changed since the last dump. Forgets what it heard.
  bool has_news();

  // All interfaces of this process' network namespace.
  Result<void> dump(ReadBuffer& buffer, std::vector<NetworkLink>& links);

 private:
  NetlinkSocket socket_{NETLINK_ROUTE, link_news_socket};
  bool news_during_dump_ = false;
};

}  // namespace exporter
