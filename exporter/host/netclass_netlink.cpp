// A datagram holds messages, each a nlmsghdr, an ifinfomsg and attributes. What S/class/net shows
// differently is made as there: flags are left to its file, carrier and dormant are unknown while
// an interface is switched off, and an interface below which there is no other is its own link.
#include "exporter/host/netclass_netlink.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace exporter {
namespace {

constexpr std::uint32_t kDormant = 0x20000;  // IFF_DORMANT, which net/if.h lacks

// RFC 2863, in the order of its numbers.
constexpr std::array<std::string_view, 7> kOperstates{
    "unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up"};

std::string hardware_address(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (!text.empty()) text += ':';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

// A number of one or four bytes.
std::optional<std::uint64_t> number(std::string_view value) {
  if (value.size() == 1) return static_cast<unsigned char>(value.front());
  std::uint32_t whole = 0;
  if (value.size() < sizeof whole) return std::nullopt;
  value.copy(reinterpret_cast<char*>(&whole), sizeof whole);
  return whole;
}

std::string text(std::string_view value) { return std::string(value.substr(0, value.find('\0'))); }

void read_altnames(std::string_view list, std::vector<std::string>& names) {
  std::uint16_t type = 0;
  std::string_view value;
  while (next_attribute(list, type, value)) {
    if (type == IFLA_ALT_IFNAME) names.push_back(text(value));
  }
}

void read_attribute(int type, std::string_view value, NetworkLink& link) {
  switch (type) {
    case IFLA_IFNAME: link.name = text(value); break;
    case IFLA_ADDRESS: link.address = hardware_address(value); break;
    case IFLA_BROADCAST: link.broadcast = hardware_address(value); break;
    case IFLA_IFALIAS: link.ifalias = text(value); break;
    case IFLA_PROP_LIST: read_altnames(value, link.altnames); break;
    case IFLA_OPERSTATE: {
      const std::uint64_t state = number(value).value_or(0);
      link.operstate = kOperstates[state < kOperstates.size() ? state : 0];
      link.is_up = link.operstate == "up";
      break;
    }
    case IFLA_CARRIER:
      if (link.is_admin_up) link.carrier = number(value);
      break;
    case IFLA_CARRIER_CHANGES: link.carrier_changes = number(value); break;
    case IFLA_CARRIER_UP_COUNT: link.carrier_up_changes = number(value); break;
    case IFLA_CARRIER_DOWN_COUNT: link.carrier_down_changes = number(value); break;
    case IFLA_LINK: link.iface_link = number(value); break;
    case IFLA_LINKMODE: link.iface_link_mode = number(value); break;
    case IFLA_MTU: link.mtu_bytes = number(value); break;
    case IFLA_GROUP: link.net_dev_group = number(value); break;
    case IFLA_TXQLEN: link.transmit_queue_length = number(value); break;
    default: break;
  }
}

bool parse_link(std::string_view message, std::vector<NetworkLink>& links) {
  ifinfomsg head{};
  if (!take_struct(message, head)) return false;
  NetworkLink link;
  link.index = head.ifi_index;
  link.is_admin_up = (head.ifi_flags & IFF_UP) != 0;
  link.iface_id = static_cast<std::uint32_t>(head.ifi_index);
  link.iface_link = link.iface_id;
  link.protocol_type = head.ifi_type;
  if (link.is_admin_up) link.dormant = (head.ifi_flags & kDormant) != 0 ? 1 : 0;
  std::uint16_t type = 0;
  std::string_view value;
  while (next_attribute(message, type, value)) read_attribute(type, value, link);
  if (message.size() >= sizeof(nlattr)) return false;
  if (!link.name.empty()) links.push_back(std::move(link));
  return true;
}

}  // namespace

LinkDump parse_link_dump(std::string_view datagram, std::uint32_t sequence,
                         std::vector<NetworkLink>& links, bool& news) {
  nlmsghdr head{};
  std::string_view message;
  while (next_message(datagram, head, message)) {
    if (head.nlmsg_seq != sequence) {
      news = true;
      continue;
    }
    if ((head.nlmsg_flags & NLM_F_DUMP_INTR) != 0) news = true;
    if (head.nlmsg_type == NLMSG_DONE) return LinkDump::kDone;
    if (head.nlmsg_type == NLMSG_ERROR) return LinkDump::kFailed;
    if (head.nlmsg_type == RTM_NEWLINK && !parse_link(message, links)) return LinkDump::kFailed;
  }
  return datagram.size() < sizeof head ? LinkDump::kMore : LinkDump::kFailed;
}

bool LinkSocket::has_news() {
  const bool heard = has_link_news(socket_.descriptor());
  return std::exchange(news_during_dump_, false) || heard;
}

Result<void> LinkSocket::dump(ReadBuffer& buffer, std::vector<NetworkLink>& links) {
  links.clear();
  struct {
    ifinfomsg head;
    nlattr mask_head;
    std::uint32_t mask;
  } body{};
  body.mask_head = {.nla_len = sizeof body.mask_head + sizeof body.mask, .nla_type = IFLA_EXT_MASK};
  body.mask = RTEXT_FILTER_SKIP_STATS;
  const std::string_view bytes(reinterpret_cast<const char*>(&body), sizeof body);
  if (auto sent = socket_.request(RTM_GETLINK, bytes); !sent) return sent;
  for (;;) {
    const auto datagram = socket_.receive(buffer);
    if (!datagram) return std::unexpected(datagram.error());
    switch (parse_link_dump(*datagram, socket_.sequence(), links, news_during_dump_)) {
      case LinkDump::kMore: break;
      case LinkDump::kDone: return {};
      case LinkDump::kFailed: return socket_.give_up("RTM_GETLINK", EBADMSG);
    }
  }
}

}  // namespace exporter
