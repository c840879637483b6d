#include "exporter/probes/tls_facts.h"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>

namespace exporter {
namespace {

std::optional<std::int64_t> earliest_expiry(const STACK_OF(X509) * chain) {
  std::optional<std::int64_t> earliest;
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    std::tm date{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(sk_X509_value(chain, i)), &date) != 1) continue;
    const std::int64_t unix_time = timegm(&date);
    earliest = std::min(earliest.value_or(unix_time), unix_time);
  }
  return earliest;
}

// "TLSv1.3" is what OpenSSL says; blackbox_exporter writes "TLS 1.3".
std::string version_label(std::string_view version) {
  if (!version.starts_with("TLSv")) return std::string(version);
  std::string label = "TLS " + std::string(version.substr(4));
  if (!label.contains('.')) label += ".0";
  return label;
}

std::string fingerprint(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (certificate == nullptr || X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) {
    return {};
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += kDigits[digest[i] >> 4];
    text += kDigits[digest[i] & 15];
  }
  return text;
}

}  // namespace

TlsFacts read_tls_facts(CURL* easy) {
  const curl_tlssessioninfo* session = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || session == nullptr ||
      session->backend != CURLSSLBACKEND_OPENSSL || session->internals == nullptr) {
    return {};
  }
  return read_tls_facts(static_cast<const SSL*>(session->internals));
}

TlsFacts read_tls_facts(const SSL* ssl) {
  return {.version = version_label(SSL_get_version(ssl)),
          .cipher = SSL_get_cipher_name(ssl),
          .sha256 = fingerprint(SSL_get0_peer_certificate(ssl)),
          .sent_expiry_unix = earliest_expiry(SSL_get_peer_cert_chain(ssl)),
          .trusted_expiry_unix = earliest_expiry(SSL_get0_verified_chain(ssl))};
}

}  // namespace exporter
