// One client of the gate: its socket, what it sent so far and what is left to send to it. Never
// blocks. Owned by the gate, used with its lock held.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "exporter/core/kernel_file.h"
#include "exporter/http/request_head.h"
#include "exporter/http/response.h"

namespace exporter {

class ClientAddress {
 public:
  explicit ClientAddress(const sockaddr_storage& peer);
  std::string text() const;  // "192.0.2.7", "2001:db8::1"
  // The same client as far as caps go: the IPv4 address, or the /64 that an IPv6 host gets whole.
  bool same_client(const ClientAddress& other) const;

 private:
  in6_addr address_{};
};

struct GateConnection {
  enum class State {
    kWaiting,    // for the client to complete its request
    kServing,    // queued or being answered
    kWriting,    // the client takes its response
    kIdle,       // between two requests of a client
    kLingering,  // everything is sent; input is discarded so that no reset overtakes the response
  };
  enum class Read { kIncomplete, kRequest, kRefused, kClosed };
  enum class Write { kBlocked, kDone, kFailed };

  GateConnection(FileDescriptor socket, const ClientAddress& peer, std::int64_t accepted)
      : fd(std::move(socket)), client(peer), client_text(peer.text()), since_ns(accepted) {}

  // Takes what has arrived, once. After kRequest `request` is complete, after kRefused `refusal` is
  // the status to answer. takes_body says whether a path wants the body of a POST; where not, the
  // request is complete with its head.
  Read read(std::span<char> scratch, const std::function<bool(std::string_view)>& takes_body);

  // Sends a bounded piece of the reply, so that a large page for one does not stall the others.
  Write write();

  // The next request begins.
  void begin_again(std::int64_t now_ns);

  // Discards input. False when the client has closed or sent more than anyone honest would.
  bool drain(std::span<char> scratch);

  FileDescriptor fd;
  ClientAddress client;
  std::string client_text;
  State state = State::kWaiting;
  std::int64_t since_ns;       // accept; last progress of a response; begin of lingering, of idling
  bool is_registered = false;  // with epoll

  std::string received;
  std::optional<HttpRequest> request;
  int refusal = 0;

  GateReply reply;
  std::size_t sent = 0;  // of head and body together

 private:
  HeadScanner scanner_;
  std::size_t drained_ = 0;
};

}  // namespace exporter
