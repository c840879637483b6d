#include "exporter/probes/endpoint.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "exporter/core/text.h"
#include "exporter/probes/address.h"

namespace exporter {

bool is_host_name(std::string_view host) {
  const auto is_visible = [](char c) { return c > 0x20 && c < 0x7F; };
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty() || host.size() > 253 || !std::ranges::all_of(host, is_visible)) return false;
  while (true) {
    const std::size_t dot = std::min(host.find('.'), host.size());
    if (dot == 0 || dot > 63) return false;
    if (dot == host.size()) return true;
    host.remove_prefix(dot + 1);
  }
}

Result<std::string> check_host(std::string_view text, bool allow_metadata) {
  const auto invalid = [&](std::string_view what) {
    return fail(ErrorKind::kInvalid, printable(text, 120) + ": " + std::string(what));
  };
  std::string host(text);
  std::ranges::transform(host, host.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const auto literal = Address::from_text(host, 0);
  if (literal && host.contains('%')) return invalid("an address with a zone (%) is not supported");
  if (!literal && (!is_host_name(host) || host.find_first_of(":/@[]?#%") != std::string::npos)) {
    return invalid("is neither a host name nor an address");
  }
  if (literal && literal->is_metadata() && !allow_metadata) {
    return invalid("is a cloud metadata address; set allow_metadata to probe it");
  }
  return host;
}

Result<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port,
                                bool allow_metadata) {
  const auto invalid = [&](std::string_view what) {
    return fail(ErrorKind::kInvalid, printable(text, 120) + ": " + std::string(what));
  };
  std::string_view host = text;
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return invalid("']' is missing");
    host = text.substr(1, close - 1);
    const std::string_view rest = text.substr(close + 1);
    if (!rest.empty() && rest[0] != ':') return invalid("after ']' only ':' and a port may stand");
    has_port = !rest.empty();
    if (has_port) port = rest.substr(1);
  } else if (const std::size_t colon = text.rfind(':');
             colon != std::string_view::npos && text.find(':') == colon) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    has_port = true;
  }
  Endpoint endpoint{.host = {}, .port = default_port};
  if (has_port) {
    const auto [end, error] =
        std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
    if (error != std::errc{} || end != port.data() + port.size() || endpoint.port == 0) {
      return invalid("the port is not a number from 1 to 65535");
    }
  } else if (default_port == 0) {
    return invalid("has no port; it is written host:port");
  }
  auto checked = check_host(host, allow_metadata);
  if (!checked) return std::unexpected(checked.error());
  endpoint.host = std::move(*checked);
  return endpoint;
}

}  // namespace exporter
