// One HTTP or HTTPS probe on the loop's curl multi handle. By default a fresh name look-up,
// connection and TLS session for each attempt; no proxy, no cookies, no redirection unless asked
// for. Probe thread only.
#pragma once

#include <curl/curl.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exporter/probes/body_check.h"
#include "exporter/probes/http_verdict.h"
#include "exporter/probes/prober.h"
#include "exporter/probes/tls_facts.h"
#include "exporter/probes/transfer_facts.h"
#include "exporter/probes/url.h"

namespace exporter {

struct CurlSlistDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlSlist = std::unique_ptr<curl_slist, CurlSlistDeleter>;

class HttpProbe final : public Prober {
 public:
  HttpProbe(const ProbeSpec& spec, const HttpTarget& target, ProbeTools& tools);
  ~HttpProbe() override;

  // Whose transfer this is; null: one that libcurl has for itself.
  static HttpProbe* of(CURL* easy);

  // libcurl wants a socket of the transfer to be watched from now on, or not any more.
  void set_watched(int fd, bool watched);
  // After a call of libcurl in which the transfer took or lost a socket.
  void look_at_next_address();

  // libcurl is done with the transfer.
  void transfer_ended(CURLcode code, const Moment& now);

 private:
  template <class Value>
  bool set(CURLoption option, Value value);
  bool set_fixed_options();
  bool set_request();
  bool set_way();
  bool set_connection_use();

  void begin(const Moment& now) override;
  void resolved(const Moment& now) override;
  Failure at_deadline(const Moment& now) override;
  void release() override;

  void leave_multi();
  void begin_exchange(const Moment& now);
  void begin_hop(const Moment& now);
  void begin_transfer(const Moment& now);
  TransferTimes times(const Moment& now) const;
  void read_facts(const Moment& now);
  bool redirected(const Moment& now);
  bool follow_as_browsers_do(const HttpUrl& next);
  void answered(const Moment& now);
  Failure transfer_failure(CURLcode code, const Moment& now);
  void finish(const Moment& now, std::optional<Failure> failure);

  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self);
  static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr* address);
  static int on_close(void* reactor, curl_socket_t fd);
  static CURLcode on_handshake(CURL*, void*, void* self);
  static int on_connected(void* self, char*, char*, int, int);

  struct EasyDeleter {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct ShareDeleter {
    void operator()(CURLSH* share) const { curl_share_cleanup(share); }
  };

  // Constant after construction, but for the last.
  const HttpTarget& target_;
  HttpUrl url_;
  std::optional<HttpUrl> proxy_;
  CurlSlist headers_;
  bool usable_ = true;            // every option was accepted
  bool request_changed_ = false;  // by a redirection: to be set anew

  // Over attempts: the addresses that the kept connection goes to, while it is good.
  std::vector<Address> kept_addresses_;

  // Of the attempt.
  bool on_kept_ = false;  // this exchange may use the kept connection
  bool transferring_ = false;
  bool connected_ = false;    // this hop
  std::vector<int> watched_;  // sockets of the transfer
  bool socket_lost_ = false;  // one that was watched
  HttpUrl hop_url_;
  std::int64_t hop_start_ns_ = 0;
  std::int64_t handshake_ns_ = 0;  // when TLS began; 0: it did not
  CurlSlist resolved_;
  TlsFacts tls_facts_;
  bool socket_opened_ = false;
  int socket_errno_ = 0;
  bool body_capped_ = false;
  BodyCheck body_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};

  std::unique_ptr<CURLSH, ShareDeleter> connections_;  // null: none is kept
  std::unique_ptr<CURL, EasyDeleter> easy_;            // last: its end may call back
};

}  // namespace exporter
