// URLs of HTTP probes, checked once where they enter. libcurl's own parser decides, so what is
// checked is what is sent. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "exporter/core/error.h"

namespace exporter {

struct HttpUrl {
  std::string text;  // as libcurl writes it: scheme and host in lower case
  std::string host;  // a name, or an address as Address::from_text takes it: no brackets
  std::uint16_t port = 0;
  bool tls = false;

  // Scheme, host and port agree: headers of one may be sent to the other.
  bool same_origin(const HttpUrl& other) const {
    return tls == other.tls && port == other.port && host == other.host;
  }
};

inline constexpr std::size_t kMaxUrlBytes = 4096;

// kInvalid, starting with the URL and naming what is wrong: http:// and https:// only, a host of
// ASCII characters, no user name or password (they would be shown; use a header), no metadata
// address unless allowed. A password in a refused URL is not repeated in the message.
Result<HttpUrl> check_url(std::string_view url, bool allow_metadata = false);

}  // namespace exporter
