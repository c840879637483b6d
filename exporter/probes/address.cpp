// The route look-up is connect() on a datagram socket: the kernel searches its tables, picks a
// source address and sends nothing (ip-route(8) lists the types that make it fail: unreachable
// EHOSTUNREACH, prohibit EACCES, blackhole EINVAL; no entry at all is ENETUNREACH).
#include "exporter/probes/address.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "exporter/core/kernel_file.h"

namespace exporter {

std::optional<Address> Address::from(const sockaddr* address, std::uint16_t port) {
  Address result;
  if (address->sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, address, sizeof in);
    in.sin_port = htons(port);
    result.length_ = sizeof in;
    std::memcpy(&result.storage_, &in, sizeof in);
  } else if (address->sa_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, address, sizeof in);
    in.sin6_port = htons(port);
    result.length_ = sizeof in;
    std::memcpy(&result.storage_, &in, sizeof in);
  } else {
    return std::nullopt;
  }
  return result;
}

std::optional<Address> Address::from_text(const std::string& text, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(text.c_str(), nullptr, &hints, &found) != 0) return std::nullopt;
  const auto address = from(found->ai_addr, port);
  freeaddrinfo(found);
  return address;
}

std::string Address::text() const {
  std::array<char, NI_MAXHOST> host{};
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&storage_), length_, host.data(), host.size(),
                  nullptr, 0, NI_NUMERICHOST) != 0) {
    return {};
  }
  return host.data();
}

bool Address::operator==(const Address& other) const {
  if (is_v6() != other.is_v6()) return false;
  if (!is_v6()) return v4() == other.v4();
  sockaddr_in6 own{};
  sockaddr_in6 its{};
  std::memcpy(&own, &storage_, sizeof own);
  std::memcpy(&its, &other.storage_, sizeof its);
  return std::memcmp(&own.sin6_addr, &its.sin6_addr, sizeof own.sin6_addr) == 0;
}

std::optional<std::uint32_t> Address::v4() const {
  if (!is_v6()) {
    sockaddr_in in{};
    std::memcpy(&in, &storage_, sizeof in);
    return ntohl(in.sin_addr.s_addr);
  }
  sockaddr_in6 in{};
  std::memcpy(&in, &storage_, sizeof in);
  if (!IN6_IS_ADDR_V4MAPPED(&in.sin6_addr)) return std::nullopt;
  std::uint32_t mapped = 0;
  std::memcpy(&mapped, in.sin6_addr.s6_addr + 12, sizeof mapped);
  return ntohl(mapped);
}

bool Address::is_loopback() const {
  if (const auto v4_address = v4()) return *v4_address >> 24 == 127;
  sockaddr_in6 in{};
  std::memcpy(&in, &storage_, sizeof in);
  return IN6_IS_ADDR_LOOPBACK(&in.sin6_addr);
}

bool Address::is_metadata() const {
  if (const auto v4_address = v4()) {
    return *v4_address >> 16 == 0xA9FE || *v4_address == 0x646464C8;
  }
  sockaddr_in6 in{};
  std::memcpy(&in, &storage_, sizeof in);
  constexpr std::array<std::uint8_t, 16> kAmazon = {0xFD, 0x00, 0x0E, 0xC2, 0, 0, 0,    0,
                                                    0,    0,    0,    0,    0, 0, 0x02, 0x54};
  return std::ranges::equal(in.sin6_addr.s6_addr, kAmazon);
}

bool Address::has_route() const {
  if (is_loopback()) return true;
  const FileDescriptor probe(socket(storage_.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!probe) return errno != EAFNOSUPPORT;
  if (connect(probe.get(), reinterpret_cast<const sockaddr*>(&storage_), length_) == 0) return true;
  return errno != ENETUNREACH && errno != EHOSTUNREACH && errno != EACCES && errno != EINVAL &&
         errno != EADDRNOTAVAIL;
}

}  // namespace exporter
