// TLS over a socket that does not block, for probes that speak it themselves. Probe thread only.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <ctime>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "exporter/core/error.h"
#include "exporter/probes/tls_facts.h"

namespace exporter {

struct SslDeleter {
  void operator()(SSL* ssl) const;
  void operator()(SSL_CTX* context) const;
};

// Trusted certificates, read once for each file and again when it has changed: the system's are a
// hundred and a half.
class TlsContexts {
 public:
  // An empty file means the system's. kIo, starting with the path, when it cannot be used.
  Result<SSL_CTX*> get(const std::string& ca_file);

 private:
  struct Entry {
    timespec changed{};
    std::unique_ptr<SSL_CTX, SslDeleter> context;
  };
  std::map<std::string, Entry> entries_;
};

class TlsClient {
 public:
  enum class State : std::uint8_t { kDone, kWantRead, kWantWrite, kFailed };

  // server_name: a host name or a numeric address; verified against the certificate unless verify
  // is false. The socket must outlive this. Null members: out of memory, see usable().
  TlsClient(SSL_CTX* context, int fd, const std::string& server_name, bool verify);
  bool usable() const { return ssl_ != nullptr; }

  State shake_hands();
  // kDone: `bytes` of them, 0 of read() means that the peer has ended.
  State read(char* data, std::size_t size, std::size_t& bytes);
  State write(std::string_view data, std::size_t& bytes);

  const std::string& error() const { return error_; }  // of kFailed, for people
  TlsFacts facts() const { return read_tls_facts(ssl_.get()); }

 private:
  State state_after(int result);

  std::unique_ptr<SSL, SslDeleter> ssl_;
  std::string error_;
};

}  // namespace exporter
