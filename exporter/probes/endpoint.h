// "host:port" as a user writes it, checked once where it enters. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "exporter/core/error.h"

namespace exporter {

struct Endpoint {
  std::string host;  // a name in lower case, or a numeric address without brackets
  std::uint16_t port = 0;
};

// "db.example:5432", "192.0.2.1:53", "[2001:db8::1]:443". A port of 0 must be written unless
// default_port is given. kInvalid, starting with the text, says what is wrong; a cloud metadata
// address is refused unless allowed.
Result<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port = 0,
                                bool allow_metadata = false);

// A name or a numeric address alone.
Result<std::string> check_host(std::string_view text, bool allow_metadata = false);

// RFC 1035, section 2.3.4: labels of 1 to 63 visible ASCII characters, at most 253 in all; one dot
// may end the name.
bool is_host_name(std::string_view host);

}  // namespace exporter
