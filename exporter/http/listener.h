// Listening sockets from addresses as people write them. Used once, at start.
#pragma once

#include <cstdint>
#include <string>

#include "exporter/core/error.h"
#include "exporter/core/kernel_file.h"

namespace exporter {

struct ListenAddress {
  std::string host;  // empty: every address of this machine, IPv4 and IPv6
  std::string port;  // a number; 0 lets the kernel choose
};

struct Listener {
  // Non-blocking, close-on-exec, backlog 1024. Ready when a client has sent something.
  FileDescriptor fd;
  std::uint16_t port = 0;
};

// "127.0.0.1:9999", ":9999", "[::1]:9999", "localhost:9999". kInvalid otherwise.
Result<ListenAddress> parse_listen_address(const std::string& text);

// Errors name the flag and the address: kConflict when somebody else listens there, kUnavailable
// when this machine does not have the address, kInvalid when it is none, kIo for the rest.
Result<Listener> listen_on(const std::string& address);

}  // namespace exporter
