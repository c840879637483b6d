#include "tests/exporter/probes/test_tls.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ctime>

namespace exporter {
namespace {

void add_extension(X509* certificate, int id, const char* value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

std::shared_ptr<X509> make_certificate(EVP_PKEY* key, std::int64_t expiry_unix) {
  std::shared_ptr<X509> certificate(X509_new(), X509_free);
  X509* x509 = certificate.get();
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_time_adj_ex(X509_getm_notBefore(x509), -30, 0, nullptr);
  ASN1_TIME_set(X509_getm_notAfter(x509), expiry_unix);
  X509_set_pubkey(x509, key);
  X509_NAME* name = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("probe test"), -1, -1, 0);
  X509_set_issuer_name(x509, name);
  add_extension(x509, NID_subject_alt_name, "IP:127.0.0.1");
  add_extension(x509, NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(x509, key, EVP_sha256());
  return certificate;
}

}  // namespace

TestCertificate::TestCertificate(std::int64_t valid_days)
    : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free),
      expiry_unix_(std::time(nullptr) + valid_days * 86'400 + 3600) {
  const std::shared_ptr<EVP_PKEY> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const auto certificate = make_certificate(key.get(), expiry_unix_);
  SSL_CTX_use_certificate(context_.get(), certificate.get());
  SSL_CTX_use_PrivateKey(context_.get(), key.get());

  const char* folder = std::getenv("TMPDIR");
  path_ = std::string(folder != nullptr ? folder : "/tmp") + "/probe-test-XXXXXX";
  const int fd = mkstemp(path_.data());
  std::FILE* file = fd < 0 ? nullptr : fdopen(fd, "w");
  if (file == nullptr) std::abort();
  PEM_write_X509(file, certificate.get());
  std::fclose(file);
}

TestCertificate::~TestCertificate() { unlink(path_.c_str()); }

TestServer::Handler TestCertificate::answer_with(std::string answer) const {
  return
      [context = context_, answer = std::move(answer)](const TestServer::Connection& connection) {
        const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
        SSL_set_fd(ssl.get(), connection.fd());
        if (SSL_accept(ssl.get()) != 1) return;
        std::string request;
        std::array<char, 1024> buffer{};
        while (!request.contains("\r\n\r\n")) {
          const int got = SSL_read(ssl.get(), buffer.data(), static_cast<int>(buffer.size()));
          if (got <= 0) return;
          request.append(buffer.data(), static_cast<std::size_t>(got));
        }
        SSL_write(ssl.get(), answer.data(), static_cast<int>(answer.size()));
        SSL_shutdown(ssl.get());
      };
}

}  // namespace exporter
