// What a TLS connection of libcurl's says about itself: libcurl passes on the state of OpenSSL, but
// not the version, and dates only as text. On the probe thread, while the connection lives.
#pragma once

#include <curl/curl.h>

#include <openssl/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace exporter {

struct TlsFacts {
  std::string version;                              // "TLS 1.3"
  std::string cipher;                               // "TLS_AES_256_GCM_SHA384"
  std::string sha256;                               // of the server's certificate, hexadecimal
  std::optional<std::int64_t> sent_expiry_unix;     // the earliest of all certificates sent
  std::optional<std::int64_t> trusted_expiry_unix;  // the earliest in the chain that was verified
};

// Empty when the connection is not encrypted or libcurl was built with something else than OpenSSL.
TlsFacts read_tls_facts(CURL* easy);
TlsFacts read_tls_facts(const SSL* ssl);

}  // namespace exporter
