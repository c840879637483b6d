#include "alerts/endpoint.h"

#include <string>

#include "alerts/secret.h"

namespace alerts {
namespace {

template <class Value>
bool set(CURL* easy, CURLoption option, Value value) {
  return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

void set_file(CURL* easy, CURLoption option, const std::string& file) {
  if (!file.empty()) set(easy, option, file.c_str());
}

}  // namespace

void set_endpoint(CURL* easy, const EndpointSpec& endpoint, std::int64_t timeout_ms) {
  set_file(easy, CURLOPT_CAINFO, endpoint.tls.ca_file);
  set_file(easy, CURLOPT_SSLCERT, endpoint.tls.cert_file);
  set_file(easy, CURLOPT_SSLKEY, endpoint.tls.key_file);
  if (endpoint.tls.insecure_skip_verify) {
    set(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    set(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  set(easy, CURLOPT_USERAGENT, "fournines/" FOURNINES_VERSION);
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_PROXY, "");
  set(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set(easy, CURLOPT_NOSIGNAL, 1L);
  // libcurl gives up a name look-up that is too late instead of waiting for its thread.
  set(easy, CURLOPT_QUICK_EXIT, 1L);
  set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_ms));
}

exporter::Result<void> set_credentials(CURL* easy, const EndpointSpec& endpoint) {
  const bool basic = !endpoint.basic_auth_username.empty();
  const std::string& file = basic ? endpoint.basic_auth_password_file : endpoint.bearer_token_file;
  if (file.empty()) return {};
  const auto secret = read_secret(file);
  if (!secret) return std::unexpected(secret.error());
  const bool accepted =
      basic ? set(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC) &&
                  set(easy, CURLOPT_USERNAME, endpoint.basic_auth_username.c_str()) &&
                  set(easy, CURLOPT_PASSWORD, secret->reveal())
            : set(easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER) &&
                  set(easy, CURLOPT_XOAUTH2_BEARER, secret->reveal());
  if (!accepted) return exporter::fail(exporter::ErrorKind::kIo, file + ": out of memory");
  return {};
}

}  // namespace alerts
