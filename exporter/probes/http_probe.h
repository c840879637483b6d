// One HTTP or HTTPS probe: keeps what stays the same from attempt to attempt and makes one attempt
// at a time on the scheduler's curl multi handle. A fresh name look-up, connection and TLS session
// each time, no proxy, no cookies, no redirection unless asked for. Probe thread only.
//
// A further kind of probe is a file beside this one with the same five steps: start, step, waits,
// expire, cancel.
#pragma once

#include <curl/curl.h>
#include <poll.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exporter/probes/http_verdict.h"
#include "exporter/probes/probe.h"
#include "exporter/probes/resolver.h"
#include "exporter/probes/tls_facts.h"
#include "exporter/probes/transfer_facts.h"
#include "exporter/probes/url.h"

namespace exporter {

struct CurlSlistDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlSlist = std::unique_ptr<curl_slist, CurlSlistDeleter>;

class HttpProbe {
 public:
  // The spec is one that check_spec accepts; all of them must outlive the probe.
  // The clock is for what happens inside a call.
  HttpProbe(const ProbeSpec& spec, CURLM* multi, const std::string& name_servers,
            const Clock& clock);
  ~HttpProbe();
  HttpProbe(const HttpProbe&) = delete;
  HttpProbe& operator=(const HttpProbe&) = delete;

  // The probe whose transfer a message of the multi handle is about.
  static HttpProbe& of(CURL* easy);

  // Begins an attempt; no other may be running. deadline_ns() is now + timeout from here on; the
  // caller enforces it, at most late_limit_ns() later.
  void start(const Moment& now);

  // Goes on with the look-up of the name, if there is one.
  void step(const Moment& now);

  // libcurl is done with the transfer.
  void transfer_ended(CURLcode code, const Moment& now);

  // Ends the attempt where it stands: the deadline has come, or nobody wants it any more.
  void expire(const Moment& now);
  void cancel(const Moment& now);

  // Appends descriptors besides libcurl's, gives the boot_ns by which step() is wanted.
  std::int64_t waits(const Moment& now, std::vector<pollfd>& out) const;

  bool running() const { return stage_ == Stage::kResolving || stage_ == Stage::kTransferring; }
  std::int64_t deadline_ns() const { return deadline_ns_; }

  // The result of the attempt that ended, once; probe_id, seq and late_ns are the caller's to fill.
  std::optional<ProbeResult> take_result();

 private:
  enum class Stage : std::uint8_t { kIdle, kResolving, kTransferring, kEnded };

  template <class Value>
  bool set(CURLoption option, Value value);
  bool set_fixed_options();
  void begin_hop(const Moment& now);
  void addresses_known(const Moment& now);
  void begin_transfer(const Moment& now);
  void leave_multi();
  TransferTimes times(const Moment& now) const;
  void read_facts(const Moment& now);
  bool redirected(const Moment& now);
  void succeed_or_fail(const Moment& now);
  void fail_transfer(CURLcode code, const Moment& now);
  void end(const Moment& now, std::optional<Failure> failure);
  std::size_t take_body(std::string_view chunk);

  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self);
  static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr* address);
  static CURLcode on_handshake(CURL*, void*, void* self);
  static int on_connected(void* self, char*, char*, int, int);

  struct EasyDeleter {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };

  // Constant after construction.
  const ProbeSpec& spec_;
  CURLM* multi_;
  const std::string& name_servers_;
  const Clock& clock_;
  HttpUrl url_;
  CurlSlist headers_;
  bool usable_ = true;  // every option was accepted

  // Of the attempt.
  Stage stage_ = Stage::kIdle;
  std::int64_t deadline_ns_ = 0;
  ProbeResult result_;
  HttpUrl hop_url_;
  std::int64_t hop_start_ns_ = 0;
  std::int64_t handshake_ns_ = 0;  // when TLS began; 0: it did not
  std::unique_ptr<NameLookup> lookup_;
  std::vector<Address> addresses_;
  CurlSlist resolved_;
  TlsFacts tls_facts_;
  int socket_errno_ = 0;
  std::size_t body_bytes_ = 0;
  bool body_capped_ = false;
  bool body_contains_ = false;
  std::string body_tail_;  // what may be the beginning of body_contains
  std::array<char, CURL_ERROR_SIZE> error_text_{};

  std::unique_ptr<CURL, EasyDeleter> easy_;  // last: its end may call back
};

}  // namespace exporter
