// A head as Prometheus sends it, every line closed by CR LF, an empty line at the end:
//
//   GET /metrics?collect[]=cpu HTTP/1.1
//   Host: db1:9999
//   Accept-Encoding: gzip
//   X-Prometheus-Scrape-Timeout-Seconds: 10
//
// Two readers of one request that disagree are how smuggling works, so there is one reading only:
// no bare CR or LF, no folded lines, no white space before a colon, one Host, one Content-Length,
// no Transfer-Encoding. Repeating an allow-listed header is refused, except for the list-valued
// Accept and Accept-Encoding. A value with '%' or outside printable ASCII is dropped, not refused:
// whoever decodes such a value later would let "%0d%0a" through.
#include "exporter/http/request_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "exporter/core/text.h"
#include "exporter/http/query.h"

namespace exporter {
namespace {

constexpr std::size_t kMaxRequestLineBytes = kMaxTargetBytes + 64;

constexpr std::array<std::string_view, 9> kAllowedHeaders = {
    "accept",
    "accept-encoding",
    "authorization",
    "content-type",
    "host",
    "if-none-match",
    "user-agent",
    "x-fournines-request",
    "x-prometheus-scrape-timeout-seconds",
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_visible(char c) { return c > 0x20 && c < 0x7f; }

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return is_alphanumeric(c) || kMarks.find(c) != std::string_view::npos;
  });
}

bool is_host(std::string_view text) {
  constexpr std::string_view kMarks = "-._~:[]!$&'()*+,;=%";
  return std::ranges::all_of(
      text, [&](char c) { return is_alphanumeric(c) || kMarks.find(c) != std::string_view::npos; });
}

std::string_view strip_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view take_until(std::string_view& text, std::string_view separator) {
  const std::string_view part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(part.size() + separator.size(), text.size()));
  return part;
}

// "gzip;q=0" is a refusal, any other weight an invitation (RFC 9110, 12.5.3).
bool offers_gzip(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    std::string_view weight = take_until(accept_encoding, ",");
    if (lower(strip_blanks(take_until(weight, ";"))) != "gzip") continue;
    weight = strip_blanks(weight);
    if (!weight.starts_with("q=") && !weight.starts_with("Q=")) return true;
    return weight.substr(2).find_first_not_of("0.") != std::string_view::npos;
  }
  return false;
}

bool wants_close(std::string_view connection) {
  while (!connection.empty()) {
    if (lower(strip_blanks(take_until(connection, ","))) == "close") return true;
  }
  return false;
}

class HeadParser {
 public:
  std::expected<HttpRequest, int> parse(std::string_view head) {
    if (!request_line(take_until(head, "\r\n"))) return std::unexpected(status_);
    while (head != "\r\n") {
      if (!header_line(take_until(head, "\r\n"))) return std::unexpected(status_);
    }
    if (!check_framing()) return std::unexpected(status_);
    request_.keep_alive = is_persistent_ && request_.method != "POST";
    return std::move(request_);
  }

 private:
  bool refuse(int status) {
    status_ = status;
    return false;
  }

  bool request_line(std::string_view line) {
    const std::string_view method = take_until(line, " ");
    const std::string_view target = take_until(line, " ");
    const std::string_view version = line;
    if (!is_token(method) || !target.starts_with('/')) return refuse(400);
    if (target.size() > kMaxTargetBytes) return refuse(414);
    if (!std::ranges::all_of(target, is_visible) || target.contains('#')) return refuse(400);
    if (version.size() != 8 || !version.starts_with("HTTP/") || !is_digit(version[5]) ||
        version[6] != '.' || !is_digit(version[7])) {
      return refuse(400);
    }
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return refuse(505);
    if (method != "GET" && method != "HEAD" && method != "POST") return refuse(405);

    host_required_ = version == "HTTP/1.1";
    is_persistent_ = host_required_;
    request_.method = method;
    std::string_view query = target;
    request_.path = take_until(query, "?");
    auto params = decode_query(query);
    if (!params) return refuse(400);
    request_.params = std::move(*params);
    return true;
  }

  bool header_line(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return refuse(400);
    const std::string name = lower(line.substr(0, colon));
    const std::string_view value = strip_blanks(line.substr(colon + 1));
    if (value.contains('\t')) return refuse(400);

    if (name == "transfer-encoding" || name == "content-encoding") return refuse(411);
    if (name == "content-length") return content_length(value);
    if (name == "connection" && wants_close(value)) is_persistent_ = false;
    if (name == "accept-encoding" && offers_gzip(value)) request_.accepts_gzip = true;
    if (name == "host") {
      if (std::exchange(host_seen_, true) || !is_host(value)) return refuse(400);
    }
    if (std::ranges::find(kAllowedHeaders, name) == kAllowedHeaders.end()) return true;
    const bool plain = std::ranges::all_of(value, [](char c) { return c == ' ' || is_visible(c); });
    if (!plain || value.contains('%')) return true;
    return keep(name, value);
  }

  bool keep(const std::string& name, std::string_view value) {
    const auto earlier = std::ranges::find(request_.headers, name, [](auto& h) { return h.first; });
    if (earlier == request_.headers.end()) {
      request_.headers.emplace_back(name, value);
      return true;
    }
    if (name != "accept" && name != "accept-encoding") return refuse(400);
    earlier->second.append(", ").append(value);
    return true;
  }

  bool content_length(std::string_view value) {
    if (length_seen_ || value.empty() || !std::ranges::all_of(value, is_digit)) return refuse(400);
    length_seen_ = true;
    const auto [end, error] =
        std::from_chars(value.data(), value.data() + value.size(), request_.content_length);
    if (error != std::errc{} || request_.content_length > kMaxBodyBytes) return refuse(413);
    return true;
  }

  bool check_framing() {
    if (host_required_ && !host_seen_) return refuse(400);
    if (request_.method == "POST") return length_seen_ || refuse(411);
    return request_.content_length == 0 || refuse(400);
  }

  HttpRequest request_;
  bool host_required_ = false;
  bool host_seen_ = false;
  bool length_seen_ = false;
  bool is_persistent_ = false;
  int status_ = 400;
};

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

std::vector<std::string_view> HttpRequest::values(std::string_view param) const {
  std::vector<std::string_view> found;
  for (const auto& [key, value] : params) {
    if (key == param) found.emplace_back(value);
  }
  return found;
}

HeadState HeadScanner::refuse(int status) {
  status_ = status;
  return HeadState::kRefused;
}

HeadState HeadScanner::scan(std::string_view received) {
  if (status_ != 0) return HeadState::kRefused;
  while (scanned_ < received.size()) {
    const auto byte = static_cast<unsigned char>(received[scanned_]);
    if (lines_ == 0 && scanned_ >= kMaxRequestLineBytes) return refuse(414);
    if (scanned_ + 1 >= kMaxHeadBytes) return refuse(431);
    if (byte != '\r') {
      if ((byte < 0x20 && byte != '\t') || byte == 0x7f) return refuse(400);
      ++scanned_;
      continue;
    }
    if (scanned_ + 1 == received.size()) break;
    if (received[scanned_ + 1] != '\n') return refuse(400);
    const bool empty_line = scanned_ == line_start_;
    scanned_ += 2;
    line_start_ = scanned_;
    if (empty_line) return lines_ == 0 ? refuse(400) : HeadState::kComplete;
    if (++lines_ > 1 + kMaxHeaderLines) return refuse(431);
  }
  return HeadState::kIncomplete;
}

std::expected<HttpRequest, int> parse_request_head(std::string_view head) {
  HeadScanner scanner;
  const HeadState state = scanner.scan(head);
  if (state == HeadState::kRefused) return std::unexpected(scanner.status());
  if (state == HeadState::kIncomplete || scanner.head_bytes() != head.size()) {
    return std::unexpected(400);
  }
  return HeadParser().parse(head);
}

}  // namespace exporter
