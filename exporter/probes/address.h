// Socket addresses of targets: what they look like, whether this machine knows a way to them, and
// which of them are not for probing. Nothing here sends a packet. Any thread.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

namespace exporter {

class Address {
 public:
  // IPv4 or IPv6; anything else gives nothing.
  static std::optional<Address> from(const sockaddr* address, std::uint16_t port);

  // "192.0.2.1", "2001:db8::1", "fe80::1%eth0". Nothing when it is not numeric.
  static std::optional<Address> from_text(const std::string& text, std::uint16_t port);

  std::string text() const;  // numeric, without port
  bool is_v6() const { return storage_.ss_family == AF_INET6; }
  bool is_loopback() const;
  int family() const { return storage_.ss_family; }
  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return length_; }
  bool operator==(const Address& other) const;  // ports and zones do not count

  // 169.254.0.0/16 (also as ::ffff:169.254.x.y) and fd00:ec2::254, where clouds serve credentials,
  // and 100.100.100.200, where one of them does.
  bool is_metadata() const;

  // False when the kernel's route look-up for the address fails: no route, or one of type
  // unreachable, prohibit or blackhole. A target that is down or refuses still has a route.
  // Loopback always has one.
  bool has_route() const;

 private:
  std::optional<std::uint32_t> v4() const;  // host byte order, also of a mapped address

  sockaddr_storage storage_{};
  socklen_t length_ = 0;
};

}  // namespace exporter
