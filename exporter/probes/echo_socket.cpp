// A request: type, code, checksum (2), identifier (2), sequence (2), then a payload that begins
// with 8 random bytes. A reply is ours when those came back: identifiers are used again, also by
// other programs.
#include "exporter/probes/echo_socket.h"

#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace exporter {
namespace {

constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kNonceBytes = 8;
constexpr std::size_t kMaxPacketBytes = 2048;
constexpr int kMaxForeignReplies = 64;  // passed over in one go
constexpr unsigned char kEchoReplyV4 = 0;
constexpr unsigned char kEchoReplyV6 = 129;
constexpr char kEchoRequestV4 = 8;
constexpr char kEchoRequestV6 = static_cast<char>(128);

}  // namespace

std::uint16_t internet_checksum(std::string_view bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    const auto high = static_cast<unsigned char>(bytes[i]);
    const auto low = i + 1 < bytes.size() ? static_cast<unsigned char>(bytes[i + 1]) : 0;
    sum += static_cast<std::uint32_t>(high << 8 | low);
  }
  while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

bool is_echo_reply(std::string_view request, std::string_view message, bool v6, bool same_id) {
  if (message.size() < request.size() || request.size() < kHeaderBytes + kNonceBytes) return false;
  const unsigned char wanted = v6 ? kEchoReplyV6 : kEchoReplyV4;
  if (static_cast<unsigned char>(message[0]) != wanted || message[1] != 0) return false;
  if (same_id && message.substr(4, 2) != request.substr(4, 2)) return false;
  return message.substr(6, request.size() - 6) == request.substr(6);
}

EchoSocket::EchoSocket(const Address& to, int payload_bytes) : v6_(to.is_v6()) {
  if (!open(SOCK_DGRAM) && !open(SOCK_RAW)) {
    error_ = errno;
    return;
  }
  const int on = 1;
  if (v6_) {
    setsockopt(fd_.get(), IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
    setsockopt(fd_.get(), IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof on);
  } else {
    setsockopt(fd_.get(), IPPROTO_IP, IP_RECVERR, &on, sizeof on);
    setsockopt(fd_.get(), IPPROTO_IP, IP_RECVTTL, &on, sizeof on);
  }
  if (connect(fd_.get(), to.data(), to.size()) != 0) {
    error_ = errno;
    return;
  }
  const auto payload = std::max(static_cast<std::size_t>(payload_bytes), kNonceBytes);
  request_.assign(kHeaderBytes + payload, '\x39');
  request_[0] = v6_ ? kEchoRequestV6 : kEchoRequestV4;
  request_[1] = 0;
  request_[2] = request_[3] = 0;
  // Identifier, sequence and the beginning of the payload.
  if (getrandom(request_.data() + 4, 4 + kNonceBytes, 0) < 0) error_ = errno;
  if (!v6_) {  // the kernel does it for version 6
    const std::uint16_t sum = internet_checksum(request_);
    request_[2] = static_cast<char>(sum >> 8);
    request_[3] = static_cast<char>(sum & 0xFF);
  }
}

bool EchoSocket::open(int type) {
  raw_ = type == SOCK_RAW;
  const int protocol = v6_ ? static_cast<int>(IPPROTO_ICMPV6) : static_cast<int>(IPPROTO_ICMP);
  const int family = v6_ ? AF_INET6 : AF_INET;
  fd_.reset(socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  if (fd_ && raw_) {
    if (v6_) {
      icmp6_filter filter{};
      ICMP6_FILTER_SETBLOCKALL(&filter);
      ICMP6_FILTER_SETPASS(kEchoReplyV6, &filter);
      setsockopt(fd_.get(), IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
    } else {
      const std::uint32_t blocked = ~(1U << kEchoReplyV4);
      setsockopt(fd_.get(), SOL_RAW, ICMP_FILTER, &blocked, sizeof blocked);
    }
  }
  return static_cast<bool>(fd_);
}

int EchoSocket::send() {
  const ssize_t sent = ::send(fd_.get(), request_.data(), request_.size(), MSG_NOSIGNAL);
  return sent < 0 ? errno : 0;
}

bool EchoSocket::is_reply(std::string_view packet) {
  if (raw_ && !v6_) {  // the IP header comes too
    if (packet.size() < 20) return false;
    const std::size_t header = static_cast<std::size_t>(packet[0] & 0x0F) * 4;
    hop_limit_ = static_cast<unsigned char>(packet[8]);
    if (header > packet.size()) return false;
    packet.remove_prefix(header);
  }
  return is_echo_reply(request_, packet, v6_, raw_);
}

EchoSocket::Heard EchoSocket::receive() {
  std::array<char, kMaxPacketBytes> packet;
  alignas(cmsghdr) std::array<char, 256> control;
  for (int i = 0; i < kMaxForeignReplies; ++i) {
    iovec part{.iov_base = packet.data(), .iov_len = packet.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = recvmsg(fd_.get(), &message, 0);
    if (got < 0) {
      error_ = errno;
      return error_ == EAGAIN ? Heard::kNothing : Heard::kError;
    }
    for (cmsghdr* item = CMSG_FIRSTHDR(&message); item != nullptr;
         item = CMSG_NXTHDR(&message, item)) {
      const bool is_ttl = item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_TTL;
      const bool is_hops = item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_HOPLIMIT;
      if (is_ttl || is_hops) std::memcpy(&hop_limit_, CMSG_DATA(item), sizeof hop_limit_);
    }
    if (is_reply({packet.data(), static_cast<std::size_t>(got)})) return Heard::kReply;
  }
  return Heard::kNothing;
}

}  // namespace exporter
