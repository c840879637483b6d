// The head of an HTTP/1.x request, read strictly: whatever a browser, curl or Prometheus sends
// passes, everything ambiguous is refused with a status code. Pure text in, values out; touches no
// socket. What is not on the allow-list (Range, Expect, Upgrade, X-Forwarded-For, ...) ends here.
// Format: RFC 9112 sections 2-6, narrowed. Any thread.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exporter {

inline constexpr std::size_t kMaxHeadBytes = 16 * 1024;
inline constexpr std::size_t kMaxHeaderLines = 100;
inline constexpr std::size_t kMaxTargetBytes = 2 * 1024;
inline constexpr std::size_t kMaxBodyBytes = 1024 * 1024;

struct HttpRequest {
  std::string method;  // GET, HEAD or POST
  std::string path;    // as sent: routes are literal, nothing is percent-decoded
  std::vector<std::pair<std::string, std::string>> params;   // decoded, valid UTF-8, as ordered
  std::vector<std::pair<std::string, std::string>> headers;  // allow-listed, names in lower case
  std::string body;                                          // only on routes that take one
  std::string client_address;                                // from the socket, never from a header
  std::size_t content_length = 0;                            // of the body that the head announces
  bool accepts_gzip = false;
  bool keep_alive = false;  // the client may ask again on this connection

  // The value of an allow-listed header, by its lower-case name; empty when it was not sent.
  std::string_view header(std::string_view name) const;
  // Every value of a repeated parameter such as "collect[]".
  std::vector<std::string_view> values(std::string_view param) const;
};

enum class HeadState { kIncomplete, kComplete, kRefused };

// Finds the end of a head while its bytes arrive, each byte looked at once. Refuses control
// characters and over-long or over-many lines as soon as they are seen.
class HeadScanner {
 public:
  // received is everything since the first byte; what an earlier call saw must not have changed.
  HeadState scan(std::string_view received);

  std::size_t head_bytes() const { return scanned_; }  // with the empty line, when complete
  int status() const { return status_; }               // 400, 414 or 431, when refused

 private:
  HeadState refuse(int status);

  std::size_t scanned_ = 0;
  std::size_t line_start_ = 0;
  std::size_t lines_ = 0;
  int status_ = 0;
};

// head ends with the empty line. The error is the status code to answer: 400, 405, 411, 413, 414,
// 431 or 505.
std::expected<HttpRequest, int> parse_request_head(std::string_view head);

}  // namespace exporter
