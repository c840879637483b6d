// One ICMP echo request and its reply (RFC 792, RFC 4443), over an unprivileged ping socket where
// the kernel lets this user have one (net.ipv4.ping_group_range), else over a raw socket, which
// needs CAP_NET_RAW. Does not block. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "exporter/core/kernel_file.h"
#include "exporter/probes/address.h"

namespace exporter {

class EchoSocket {
 public:
  // The port of the address means nothing. What failed is in error(), an errno; EACCES or EPERM:
  // neither kind of socket is allowed.
  EchoSocket(const Address& to, int payload_bytes);
  EchoSocket(EchoSocket&&) = default;
  EchoSocket& operator=(EchoSocket&&) = default;

  int error() const { return error_; }
  int fd() const { return fd_.get(); }

  // 0, or an errno.
  int send();

  enum class Heard : std::uint8_t { kNothing, kReply, kError };
  // To be called when the socket is readable. Replies to others are passed over. kError: the
  // network says that the request did not arrive; error() tells what.
  Heard receive();

  int hop_limit() const { return hop_limit_; }  // of the reply; 0: not known

 private:
  bool open(int type);
  bool is_reply(std::string_view packet);

  bool v6_ = false;
  bool raw_ = false;
  int error_ = 0;
  int hop_limit_ = 0;
  FileDescriptor fd_;
  std::string request_;
};

// RFC 1071.
std::uint16_t internet_checksum(std::string_view bytes);

// Whether message is the echo reply to request. Of a ping socket the kernel has replaced the
// identifier, so that it is not compared then.
bool is_echo_reply(std::string_view request, std::string_view message, bool v6, bool same_id);

}  // namespace exporter
