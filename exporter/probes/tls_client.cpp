#include "exporter/probes/tls_client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "exporter/probes/address.h"

namespace exporter {
namespace {

std::string openssl_error() {
  const unsigned long number = ERR_get_error();
  ERR_clear_error();
  const char* text = number == 0 ? nullptr : ERR_reason_error_string(number);
  return text == nullptr ? "unknown error" : text;
}

}  // namespace

void SslDeleter::operator()(SSL* ssl) const { SSL_free(ssl); }
void SslDeleter::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

Result<SSL_CTX*> TlsContexts::get(const std::string& ca_file) {
  struct stat info{};
  if (!ca_file.empty() && stat(ca_file.c_str(), &info) != 0) {
    return fail(ErrorKind::kIo, ca_file + ": " + std::generic_category().message(errno));
  }
  Entry& entry = entries_[ca_file];
  const bool same =
      entry.changed.tv_sec == info.st_mtim.tv_sec && entry.changed.tv_nsec == info.st_mtim.tv_nsec;
  if (entry.context != nullptr && same) return entry.context.get();

  std::unique_ptr<SSL_CTX, SslDeleter> context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return fail(ErrorKind::kUnavailable, "TLS: " + openssl_error());
  const int loaded = ca_file.empty()
                         ? SSL_CTX_set_default_verify_paths(context.get())
                         : SSL_CTX_load_verify_locations(context.get(), ca_file.c_str(), nullptr);
  if (loaded != 1) return fail(ErrorKind::kIo, ca_file + ": " + openssl_error());
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  entry = {.changed = info.st_mtim, .context = std::move(context)};
  return entry.context.get();
}

TlsClient::TlsClient(SSL_CTX* context, int fd, const std::string& server_name, bool verify)
    : ssl_(SSL_new(context)) {
  if (ssl_ == nullptr) return;
  bool good = SSL_set_fd(ssl_.get(), fd) == 1;
  X509_VERIFY_PARAM* rules = SSL_get0_param(ssl_.get());
  if (Address::from_text(server_name, 0)) {
    good = good && X509_VERIFY_PARAM_set1_ip_asc(rules, server_name.c_str()) == 1;
  } else if (!server_name.empty()) {
    good = good && SSL_set_tlsext_host_name(ssl_.get(), server_name.c_str()) == 1 &&
           X509_VERIFY_PARAM_set1_host(rules, server_name.c_str(), 0) == 1;
  }
  SSL_set_verify(ssl_.get(), verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  SSL_set_connect_state(ssl_.get());
  if (!good) ssl_.reset();
}

TlsClient::State TlsClient::state_after(int result) {
  const int number = errno;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ: return State::kWantRead;
    case SSL_ERROR_WANT_WRITE: return State::kWantWrite;
    case SSL_ERROR_SYSCALL:
      error_ =
          number == 0 ? "the peer closed the connection" : std::generic_category().message(number);
      return State::kFailed;
    default: break;
  }
  const long verdict = SSL_get_verify_result(ssl_.get());
  error_ = verdict != X509_V_OK && SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE
               ? std::string("certificate: ") + X509_verify_cert_error_string(verdict)
               : openssl_error();
  ERR_clear_error();
  return State::kFailed;
}

TlsClient::State TlsClient::shake_hands() {
  ERR_clear_error();
  errno = 0;
  const int result = SSL_do_handshake(ssl_.get());
  return result == 1 ? State::kDone : state_after(result);
}

TlsClient::State TlsClient::read(char* data, std::size_t size, std::size_t& bytes) {
  ERR_clear_error();
  errno = 0;
  bytes = 0;
  const int result = SSL_read_ex(ssl_.get(), data, size, &bytes);
  if (result == 1) return State::kDone;
  if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_ZERO_RETURN) return State::kDone;
  return state_after(result);
}

TlsClient::State TlsClient::write(std::string_view data, std::size_t& bytes) {
  ERR_clear_error();
  errno = 0;
  bytes = 0;
  const int result = SSL_write_ex(ssl_.get(), data.data(), data.size(), &bytes);
  return result == 1 ? State::kDone : state_after(result);
}

}  // namespace exporter
