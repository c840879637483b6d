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
#include <system_error>
#include <utility>

#include "exporter/host/netlink_bytes.h"

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
  nlattr attribute{};
  std::string_view value;
  while (take(list, attribute) && take_body(list, attribute.nla_len, sizeof attribute, value)) {
    if ((attribute.nla_type & NLA_TYPE_MASK) == IFLA_ALT_IFNAME) names.push_back(text(value));
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
  if (!take(message, head)) return false;
  NetworkLink link;
  link.index = head.ifi_index;
  link.is_admin_up = (head.ifi_flags & IFF_UP) != 0;
  link.iface_id = static_cast<std::uint32_t>(head.ifi_index);
  link.iface_link = link.iface_id;
  link.protocol_type = head.ifi_type;
  if (link.is_admin_up) link.dormant = (head.ifi_flags & kDormant) != 0 ? 1 : 0;
  nlattr attribute{};
  std::string_view value;
  while (take(message, attribute)) {
    if (!take_body(message, attribute.nla_len, sizeof attribute, value)) return false;
    read_attribute(attribute.nla_type & NLA_TYPE_MASK, value, link);
  }
  if (!link.name.empty()) links.push_back(std::move(link));
  return true;
}

}  // namespace

LinkDump parse_link_dump(std::string_view datagram, std::uint32_t sequence,
                         std::vector<NetworkLink>& links, bool& news) {
  nlmsghdr head{};
  std::string_view message;
  while (take(datagram, head)) {
    if (!take_body(datagram, head.nlmsg_len, sizeof head, message)) return LinkDump::kFailed;
    if (head.nlmsg_seq != sequence) {
      news = true;
      continue;
    }
    if ((head.nlmsg_flags & NLM_F_DUMP_INTR) != 0) news = true;
    if (head.nlmsg_type == NLMSG_DONE) return LinkDump::kDone;
    if (head.nlmsg_type == NLMSG_ERROR) return LinkDump::kFailed;
    if (head.nlmsg_type == RTM_NEWLINK && !parse_link(message, links)) return LinkDump::kFailed;
  }
  return LinkDump::kMore;
}

Result<void> LinkSocket::fail_with(const char* call, int error) {
  socket_.reset();
  return fail(ErrorKind::kIo,
              std::string("netlink: ") + call + ": " + std::generic_category().message(error));
}

bool LinkSocket::open() {
  if (socket_) return true;
  socket_.reset(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  if (!socket_) return false;
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK;
  if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return true;
  }
  socket_.reset();
  return false;
}

// An error, too, means that something may have been missed.
bool LinkSocket::has_news(ReadBuffer& buffer) {
  bool news = std::exchange(news_during_dump_, false);
  while (socket_ && ::recv(socket_.get(), buffer.data(), buffer.size(), 0) >= 0) news = true;
  return news || !socket_ || errno != EAGAIN;
}

// The kernel makes the answer while it takes the request and while it hands out the part before,
// so an answer that is not there will not come.
Result<void> LinkSocket::dump(ReadBuffer& buffer, std::vector<NetworkLink>& links) {
  links.clear();
  if (!open()) return fail_with("socket", errno);
  struct {
    nlmsghdr head;
    ifinfomsg body;
    nlattr mask_head;
    std::uint32_t mask;
  } request{};
  request.head.nlmsg_len = sizeof request;
  request.head.nlmsg_type = RTM_GETLINK;
  request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.head.nlmsg_seq = ++sequence_;
  request.mask_head = {.nla_len = sizeof request.mask_head + sizeof request.mask,
                       .nla_type = IFLA_EXT_MASK};
  request.mask = RTEXT_FILTER_SKIP_STATS;
  if (::send(socket_.get(), &request, sizeof request, 0) < 0) return fail_with("send", errno);
  for (;;) {
    const ssize_t length = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_TRUNC);
    if (length < 0) return fail_with("recv", errno);
    if (static_cast<std::size_t>(length) > buffer.size()) {
      buffer.grow();
      return fail_with("recv", EMSGSIZE);
    }
    const std::string_view datagram(buffer.data(), static_cast<std::size_t>(length));
    switch (parse_link_dump(datagram, sequence_, links, news_during_dump_)) {
      case LinkDump::kMore: break;
      case LinkDump::kDone: return {};
      case LinkDump::kFailed: return fail_with("RTM_GETLINK", EBADMSG);
    }
  }
}

}  // namespace exporter
