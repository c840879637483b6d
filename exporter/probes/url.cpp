#include "exporter/probes/url.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "exporter/core/text.h"
#include "exporter/probes/address.h"
#include "exporter/probes/endpoint.h"

namespace exporter {
namespace {

struct UrlDeleter {
  void operator()(CURLU* handle) const { curl_url_cleanup(handle); }
};
using UrlHandle = std::unique_ptr<CURLU, UrlDeleter>;

// Without what stands before the last '@': it may be a password.
std::string shown(std::string_view url) {
  const std::size_t at = url.rfind('@');
  if (at == std::string_view::npos) return printable(url, 120);
  return "***" + printable(url.substr(at), 120);
}

std::string part(CURLU* handle, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(handle, which, &text, flags) != CURLUE_OK) return {};
  std::string result(text);
  curl_free(text);
  return result;
}

bool is_visible_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

Result<HttpUrl> check_url(std::string_view url, bool allow_metadata) {
  const auto invalid = [&](std::string_view what) {
    return fail(ErrorKind::kInvalid, shown(url) + ": " + std::string(what));
  };
  if (url.empty()) return fail(ErrorKind::kInvalid, "the URL is empty");
  if (url.size() > kMaxUrlBytes) return invalid("longer than 4096 bytes");
  if (!is_visible_ascii(url)) {
    return invalid(
        "only visible ASCII characters may stand in a URL; write others as %XX, and a "
        "host name of another alphabet in its xn-- form");
  }
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) {
    return invalid("does not start with http:// or https://");
  }

  const UrlHandle handle(curl_url());
  const CURLUcode code =
      curl_url_set(handle.get(), CURLUPART_URL, std::string(url).c_str(), CURLU_NON_SUPPORT_SCHEME);
  if (code == CURLUE_OUT_OF_MEMORY) return fail(ErrorKind::kUnavailable, "out of memory");
  if (code != CURLUE_OK) return invalid(curl_url_strerror(code));
  const std::string scheme = part(handle.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") {
    return invalid("the scheme is '" + printable(scheme, 32) + "', not http or https");
  }
  // libcurl would take the path for the host.
  if (url.substr(scheme_end + 3).starts_with('/')) return invalid("has no host name");
  if (!part(handle.get(), CURLUPART_USER).empty() ||
      !part(handle.get(), CURLUPART_PASSWORD).empty()) {
    return invalid("user name and password do not belong in the URL; use a header");
  }

  HttpUrl result;
  result.tls = scheme == "https";
  result.text = part(handle.get(), CURLUPART_URL);
  if (result.text.size() > kMaxUrlBytes) return invalid("longer than 4096 bytes");
  result.host = part(handle.get(), CURLUPART_HOST);
  const std::string port = part(handle.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  std::from_chars(port.data(), port.data() + port.size(), result.port);
  if (result.port == 0) return invalid("port 0 cannot be connected to");
  if (result.host.starts_with('[') && result.host.ends_with(']')) {
    result.host = result.host.substr(1, result.host.size() - 2);
    if (!part(handle.get(), CURLUPART_ZONEID).empty() || result.host.contains('%')) {
      return invalid("an IPv6 address with a zone (%) is not supported");
    }
  }
  std::ranges::transform(result.host, result.host.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const auto literal = Address::from_text(result.host, result.port);
  if (!literal && !is_host_name(result.host)) return invalid("the host is no valid name");
  if (literal && literal->is_metadata() && !allow_metadata) {
    return invalid("is a cloud metadata address; set allow_metadata to probe it");
  }
  return result;
}

}  // namespace exporter
