#include "app/client.h"

#include <curl/curl.h>

#include <memory>

#include "exporter/core/text.h"

namespace app {
namespace {

constexpr long kTimeoutMs = 5'000;
constexpr std::size_t kMaxBodyBytes = 64 << 20;

std::size_t append_body(char* data, std::size_t, std::size_t size, void* to) {
  auto& body = *static_cast<std::string*>(to);
  if (body.size() + size > kMaxBodyBytes) return 0;
  body.append(data, size);
  return size;
}

}  // namespace

std::string server_url(const Options& options) {
  if (!options.server.empty()) {
    std::string url = options.server;
    while (url.ends_with('/')) url.pop_back();
    return url;
  }
  const std::string& address = options.listen_addresses.front();
  return "http://" + (address.starts_with(':') ? "127.0.0.1" + address : address);
}

exporter::Result<std::string> ask(const std::string& url) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 curl_easy_cleanup);
  if (!curl) return exporter::fail(exporter::ErrorKind::kUnavailable, url + ": no memory");
  std::string body;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, kTimeoutMs);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, append_body);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
  if (const CURLcode code = curl_easy_perform(curl.get()); code != CURLE_OK) {
    return exporter::fail(exporter::ErrorKind::kUnavailable, url + ": " + curl_easy_strerror(code));
  }
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) {
    return exporter::fail(exporter::ErrorKind::kUnavailable,
                          url + ": answered with status " + std::to_string(status));
  }
  return body;
}

}  // namespace app
