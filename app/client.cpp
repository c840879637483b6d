#include "app/client.h"

#include <curl/curl.h>

#include <memory>

#include "exporter/core/text.h"

namespace app {
namespace {

constexpr long kTimeoutMs = 5'000;
constexpr long kPostTimeoutMs = 60'000;  // a backup of a long history takes a while
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

exporter::Result<Answer> request(const std::string& url, const std::string* json) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 curl_easy_cleanup);
  if (!curl) return exporter::fail(exporter::ErrorKind::kUnavailable, url + ": no memory");
  Answer answer;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, json != nullptr ? kPostTimeoutMs : kTimeoutMs);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, append_body);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer.body);
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(
      curl_slist_append(nullptr, "Content-Type: application/json"), curl_slist_free_all);
  if (json != nullptr) {
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(json->size()));
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, json->c_str());
  }
  if (const CURLcode code = curl_easy_perform(curl.get()); code != CURLE_OK) {
    return exporter::fail(exporter::ErrorKind::kUnavailable, url + ": " + curl_easy_strerror(code));
  }
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

exporter::Result<std::string> ask(const std::string& url) {
  auto answer = request(url);
  if (!answer) return std::unexpected(answer.error());
  if (answer->status != 200) {
    return exporter::fail(exporter::ErrorKind::kUnavailable,
                          url + ": answered with status " + std::to_string(answer->status));
  }
  return std::move(answer->body);
}

}  // namespace app
