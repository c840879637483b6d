// A self-signed certificate for 127.0.0.1, made for one test, and TLS on a test server's
// connection.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>

#include "tests/exporter/probes/test_server.h"

namespace exporter {

class TestCertificate {
 public:
  explicit TestCertificate(std::int64_t valid_days);
  ~TestCertificate();

  std::string ca_file() const { return path_; }  // PEM, exists as long as this object
  std::int64_t expiry_unix() const { return expiry_unix_; }

  // Shakes hands, reads the request, sends the answer. Without an answer when the peer breaks off.
  TestServer::Handler answer_with(std::string answer) const;

 private:
  std::shared_ptr<SSL_CTX> context_;
  std::string path_;
  std::int64_t expiry_unix_ = 0;
};

}  // namespace exporter
