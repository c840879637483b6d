#include "exporter/http/gate_connection.h"

#include <arpa/inet.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace exporter {
namespace {

constexpr std::size_t kWriteBytesPerTurn = 256 * 1024;
constexpr std::size_t kMaxDrainedBytes = 1024 * 1024;

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

ClientAddress::ClientAddress(const sockaddr_storage& peer) {
  if (peer.ss_family == AF_INET6) {
    sockaddr_in6 six{};
    std::memcpy(&six, &peer, sizeof six);
    address_ = six.sin6_addr;
    return;
  }
  sockaddr_in four{};
  std::memcpy(&four, &peer, sizeof four);
  address_.s6_addr[10] = address_.s6_addr[11] = 0xff;
  std::memcpy(&address_.s6_addr[12], &four.sin_addr, sizeof four.sin_addr);
}

std::string ClientAddress::text() const {
  char buffer[INET6_ADDRSTRLEN] = "";
  if (IN6_IS_ADDR_V4MAPPED(&address_)) {
    inet_ntop(AF_INET, &address_.s6_addr[12], buffer, sizeof buffer);
  } else {
    inet_ntop(AF_INET6, &address_, buffer, sizeof buffer);
  }
  return buffer;
}

bool ClientAddress::same_client(const ClientAddress& other) const {
  const bool four = IN6_IS_ADDR_V4MAPPED(&address_);
  if (four != static_cast<bool>(IN6_IS_ADDR_V4MAPPED(&other.address_))) return false;
  return std::memcmp(&address_, &other.address_, four ? 16 : 8) == 0;
}

GateConnection::Read GateConnection::read(std::span<char> scratch,
                                          const std::function<bool(std::string_view)>& takes_body) {
  const ssize_t n = recv(fd.get(), scratch.data(), scratch.size(), MSG_DONTWAIT);
  if (n < 0 && would_block()) return Read::kIncomplete;
  if (n <= 0) return Read::kClosed;
  received.append(scratch.data(), static_cast<std::size_t>(n));

  if (!request) {
    const HeadState head = scanner_.scan(received);
    if (head == HeadState::kIncomplete) return Read::kIncomplete;
    if (head == HeadState::kRefused) {
      refusal = scanner_.status();
      return Read::kRefused;
    }
    auto parsed = parse_request_head(std::string_view(received).substr(0, scanner_.head_bytes()));
    if (!parsed) {
      refusal = parsed.error();
      return Read::kRefused;
    }
    request = std::move(*parsed);
    // One that sends on without waiting for the answer gets no second one.
    if (received.size() != scanner_.head_bytes()) request->keep_alive = false;
  }

  const std::size_t length = request->content_length;
  if (length == 0 || !takes_body(request->path)) return Read::kRequest;
  if (received.size() - scanner_.head_bytes() < length) return Read::kIncomplete;
  request->body = received.substr(scanner_.head_bytes(), length);
  return Read::kRequest;
}

GateConnection::Write GateConnection::write() {
  const std::string_view head = reply.head;
  const std::string_view body = reply.body ? std::string_view(*reply.body) : std::string_view();
  const auto piece = [](std::string_view part) {
    return iovec{const_cast<char*>(part.data()), part.size()};
  };
  std::size_t budget = kWriteBytesPerTurn;
  while (sent < head.size() + body.size()) {
    if (budget == 0) return Write::kBlocked;
    const std::size_t body_sent = sent - std::min(sent, head.size());
    iovec parts[2] = {piece(head.substr(std::min(sent, head.size()))),
                      piece(body.substr(body_sent, budget))};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    const ssize_t n = sendmsg(fd.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) return would_block() ? Write::kBlocked : Write::kFailed;
    sent += static_cast<std::size_t>(n);
    budget -= std::min(budget, static_cast<std::size_t>(n));
  }
  return Write::kDone;
}

void GateConnection::begin_again(std::int64_t now_ns) {
  state = State::kIdle;
  since_ns = now_ns;
  request.reset();
  reply = {};
  sent = 0;
  scanner_ = {};
}

bool GateConnection::drain(std::span<char> scratch) {
  const ssize_t n = recv(fd.get(), scratch.data(), scratch.size(), MSG_DONTWAIT);
  if (n < 0) return would_block();
  drained_ += static_cast<std::size_t>(n);
  return n > 0 && drained_ <= kMaxDrainedBytes;
}

}  // namespace exporter
