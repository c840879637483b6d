// An attempt is one exchange, or two with `keepalive: both`; an exchange is a chain of hops, each
//
//   name look-up (unless the host is an address) -> transfer -> answer -> next hop, or the end
//
// libcurl gets the addresses by CURLOPT_RESOLVE ("+example.com:443:192.0.2.1,[2001:db8::1]") and so
// never resolves a name itself; redirections are followed here, so that every hop goes through the
// same look-up, address check and deadline. Times of a transfer are libcurl's, counted from its
// start: CONNECT, APPCONNECT (TLS), STARTTRANSFER (first byte), total.
//
// A kept connection lives in a pool of the probe's own (CURLSH): no other probe may take it. One
// that the server closed meanwhile is replaced by libcurl without a failure, as a browser does.
#include "exporter/probes/http_probe.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "exporter/core/clock.h"

namespace exporter {

HttpProbe::HttpProbe(const ProbeSpec& spec, const HttpTarget& target, ProbeTools& tools)
    : Prober(spec, tools),
      target_(target),
      url_(check_url(target.url, target.reach.allow_metadata).value_or(HttpUrl{})),
      body_(target),
      easy_(curl_easy_init()) {
  const auto add_header = [&](const std::string& line) {
    curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
    usable_ = usable_ && longer != nullptr;
    if (headers_ == nullptr) headers_.reset(longer);  // otherwise it is the same beginning
  };
  for (const std::string& header : target.headers) add_header(header);
  if (!target.authorization.empty()) add_header("Authorization: " + target.authorization);
  if (!target.proxy.empty()) {
    if (auto proxy = check_url(target.proxy)) proxy_ = std::move(*proxy);
  }
  if (target.keepalive != Keepalive::kFresh) {
    connections_.reset(curl_share_init());
    usable_ = usable_ && connections_ != nullptr &&
              curl_share_setopt(connections_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT) ==
                  CURLSHE_OK;
  }
  usable_ = usable_ && easy_ != nullptr && set_fixed_options() && set_request() && set_way();
  if (!usable_) return;
  // Not every TLS library has it; it only tells the times apart.
  set(CURLOPT_SSL_CTX_FUNCTION, &HttpProbe::on_handshake);
  set(CURLOPT_SSL_CTX_DATA, this);
}

HttpProbe::~HttpProbe() { HttpProbe::release(); }

HttpProbe* HttpProbe::of(CURL* easy) {
  void* self = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &self);
  return static_cast<HttpProbe*>(self);
}

void HttpProbe::set_watched(int fd, bool watched) {
  std::erase(watched_, fd);
  if (watched) {
    watched_.push_back(fd);
  } else {
    socket_lost_ = true;
    tools_.connecting.push_back(this);
  }
}

// When an address fails, libcurl 7.88 connects to the next one only once it looks at the transfer
// again, for which it waits half of the time that is left. Pausing and going on makes it look now.
// Of an address that fails at once no socket was ever to be watched.
void HttpProbe::look_at_next_address() {
  const bool failed = std::exchange(socket_lost_, false) || watched_.empty();
  if (!failed || !transferring_ || connected_ || addresses_.size() < 2) return;
  curl_easy_pause(easy_.get(), CURLPAUSE_RECV);
  curl_easy_pause(easy_.get(), CURLPAUSE_CONT);
}

template <class Value>
bool HttpProbe::set(CURLoption option, Value value) {
  return curl_easy_setopt(easy_.get(), option, value) == CURLE_OK;
}

bool HttpProbe::set_fixed_options() {
  return set(CURLOPT_PRIVATE, this) && set(CURLOPT_ERRORBUFFER, error_text_.data()) &&
         set(CURLOPT_NOSIGNAL, 1L) && set(CURLOPT_PROTOCOLS_STR, "http,https") &&
         set(CURLOPT_FOLLOWLOCATION, 0L) &&
         set(CURLOPT_SSL_SESSIONID_CACHE, 0L) &&  // a resumed session shows no certificate
         set(CURLOPT_USERAGENT, "fournines/" FOURNINES_VERSION) &&
         set(CURLOPT_WRITEFUNCTION, &HttpProbe::on_body) && set(CURLOPT_WRITEDATA, this) &&
         set(CURLOPT_OPENSOCKETFUNCTION, &HttpProbe::on_socket) &&
         set(CURLOPT_OPENSOCKETDATA, this) &&
         set(CURLOPT_CLOSESOCKETFUNCTION, &HttpProbe::on_close) &&
         set(CURLOPT_CLOSESOCKETDATA, &tools_.reactor) &&
         set(CURLOPT_PREREQFUNCTION, &HttpProbe::on_connected) && set(CURLOPT_PREREQDATA, this);
}

bool HttpProbe::set_request() {
  bool good = set(CURLOPT_FILETIME, 1L) && set(CURLOPT_ACCEPT_ENCODING, "gzip") &&
              set(CURLOPT_HTTP_VERSION, static_cast<long>(target_.http2 ? CURL_HTTP_VERSION_2TLS
                                                                        : CURL_HTTP_VERSION_1_1));
  if (!target_.body.empty()) {
    good = good && set(CURLOPT_POSTFIELDSIZE, static_cast<long>(target_.body.size())) &&
           set(CURLOPT_POSTFIELDS, target_.body.data());
  }
  if (target_.method == "HEAD") return good && set(CURLOPT_NOBODY, 1L);
  return good && set(CURLOPT_CUSTOMREQUEST, target_.method.c_str());
}

// How the target is reached and what its certificate has to be.
bool HttpProbe::set_way() {
  // With a directory of certificates besides the file, libcurl would parse the file anew for every
  // connection instead of keeping the parsed store.
  const bool file_only =
      !target_.ca_file.empty() || !curl_info_text(easy_.get(), CURLINFO_CAINFO).empty();
  return (target_.ca_file.empty() || set(CURLOPT_CAINFO, target_.ca_file.c_str())) &&
         (!file_only || set(CURLOPT_CAPATH, static_cast<const char*>(nullptr))) &&
         (target_.verify || (set(CURLOPT_SSL_VERIFYPEER, 0L) && set(CURLOPT_SSL_VERIFYHOST, 0L))) &&
         // Not even a proxy that the environment names.
         set(CURLOPT_PROXY, proxy_ ? proxy_->text.c_str() : "") && set(CURLOPT_NOPROXY, "") &&
         set(CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE)) &&
         (target_.unix_socket.empty() ||
          set(CURLOPT_UNIX_SOCKET_PATH, target_.unix_socket.c_str())) &&
         (connections_ == nullptr || set(CURLOPT_SHARE, connections_.get()));
}

bool HttpProbe::set_connection_use() {
  const long fresh = on_kept_ ? 0 : 1;
  return set(CURLOPT_FRESH_CONNECT, fresh) && set(CURLOPT_FORBID_REUSE, fresh);
}

void HttpProbe::begin(const Moment& now) {
  on_kept_ = target_.keepalive != Keepalive::kFresh;
  if (usable_) {
    begin_exchange(now);
  } else {
    end(now, Failure{.cause = UnknownCause::kLocal, .reason = "libcurl lacks what is needed"});
  }
}

void HttpProbe::begin_exchange(const Moment& now) {
  hop_url_ = url_;
  if (std::exchange(request_changed_, false)) usable_ = set_request();
  begin_hop(now);
}

void HttpProbe::begin_hop(const Moment& now) {
  ProbeResult kept;  // what the hops before answered is no part of the result
  kept.sent = result_.sent;
  kept.durations = result_.durations;
  kept.redirects = result_.redirects;
  result_ = std::move(kept);
  handshake_ns_ = 0;
  tls_facts_ = {};
  socket_opened_ = false;
  socket_errno_ = 0;
  connected_ = false;
  socket_lost_ = false;
  body_capped_ = false;
  body_.reset();
  error_text_[0] = '\0';
  resolved_.reset();
  if (!target_.unix_socket.empty()) {
    begin_transfer(now);
  } else if (on_kept_ && !kept_addresses_.empty() && hop_url_.same_origin(url_)) {
    addresses_ = kept_addresses_;
    resolved(now);
  } else {
    const HttpUrl& peer = proxy_ ? *proxy_ : hop_url_;
    resolve(peer.host, peer.port, target_.reach, now);
  }
}

void HttpProbe::resolved(const Moment&) {
  const HttpUrl& peer = proxy_ ? *proxy_ : hop_url_;
  if (!Address::from_text(peer.host, peer.port)) {
    std::string entry = "+" + peer.host + ":" + std::to_string(peer.port) + ":";
    for (const Address& address : addresses_) {
      if (!entry.ends_with(':')) entry += ',';
      entry += address.is_v6() ? "[" + address.text() + "]" : address.text();
    }
    resolved_.reset(curl_slist_append(nullptr, entry.c_str()));
  }
  if (on_kept_ && hop_url_.same_origin(url_)) kept_addresses_ = addresses_;
  begin_transfer(tools_.clock.now());
}

void HttpProbe::begin_transfer(const Moment& now) {
  hop_start_ns_ = now.boot_ns;
  // The loop keeps the deadline. libcurl gets the latest it may be, because it gives each of
  // several addresses a share of the time to connect.
  const std::int64_t left_ns = deadline_ns() - now.boot_ns + late_limit_ns(spec_.interval_ms);
  const std::int64_t connect_ms = std::max<std::int64_t>(left_ns / kNsPerMs, 1);
  transferring_ =
      set(CURLOPT_URL, hop_url_.text.c_str()) && set(CURLOPT_RESOLVE, resolved_.get()) &&
      set(CURLOPT_HTTPHEADER, hop_url_.same_origin(url_) ? headers_.get() : nullptr) &&
      set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_ms)) && set_connection_use() &&
      curl_multi_add_handle(tools_.multi, easy_.get()) == CURLM_OK;
  if (!transferring_) {
    end(now, Failure{.cause = UnknownCause::kLocal, .reason = "out of memory"});
  }
}

void HttpProbe::release() {
  body_.reset();
  leave_multi();
}

// libcurl 7.88 closes a socket that is not connected yet before it says that it need not be watched
// any more.
void HttpProbe::leave_multi() {
  if (!std::exchange(transferring_, false)) return;
  for (const int fd : std::exchange(watched_, {})) tools_.reactor.forget(fd);
  curl_multi_remove_handle(tools_.multi, easy_.get());
}

void HttpProbe::transfer_ended(CURLcode code, const Moment& now) {
  if (!transferring_) return;
  read_facts(now);
  if (code == CURLE_WRITE_ERROR && body_capped_) code = CURLE_OK;
  if (code != CURLE_OK) {
    finish(now, transfer_failure(code, now));
    return;
  }
  leave_multi();
  if (!redirected(now)) answered(now);
}

TransferTimes HttpProbe::times(const Moment& now) const {
  constexpr std::int64_t kNsPerUs = 1000;
  return {.tls = hop_url_.tls,
          .reused = on_kept_ && !socket_opened_,
          .handshake_us = handshake_ns_ == 0 ? 0 : (handshake_ns_ - hop_start_ns_) / kNsPerUs + 1,
          .elapsed_us = (now.boot_ns - hop_start_ns_) / kNsPerUs};
}

void HttpProbe::read_facts(const Moment& now) {
  add_durations(easy_.get(), times(now), result_.durations);
  read_answer(easy_.get(), result_);
  result_.reused = times(now).reused && result_.http_status != 0;
  result_.body_bytes = static_cast<std::int64_t>(body_.bytes());
  result_.tls = !tls_facts_.version.empty();
  result_.tls_version = tls_facts_.version;
  result_.tls_cipher = tls_facts_.cipher;
  result_.certificate_expiry_unix = tls_facts_.sent_expiry_unix;
  result_.chain_expiry_unix = tls_facts_.trusted_expiry_unix;
  result_.certificate_sha256 = tls_facts_.sha256;
}

bool HttpProbe::redirected(const Moment& now) {
  if (!target_.follow_redirects) return false;
  const std::string location = curl_info_text(easy_.get(), CURLINFO_REDIRECT_URL);
  if (location.empty()) return false;
  const auto next = check_url(location, target_.reach.allow_metadata);
  if (!next) {
    finish(now,
           Failure{.phase = ProbePhase::kHttp, .reason = "redirected to " + next.error().message});
  } else if (result_.redirects == kMaxRedirects) {
    finish(now, Failure{.phase = ProbePhase::kHttp, .reason = "more than 10 redirections"});
  } else if (!follow_as_browsers_do(*next)) {
    finish(now, Failure{.phase = ProbePhase::kHttp,
                        .reason = "redirected with its body to another origin"});
  } else {
    ++result_.redirects;
    hop_url_ = *next;
    begin_hop(now);
  }
  return true;
}

// 301, 302 and 303 turn everything but HEAD into GET (RFC 9110, section 15.4); 307 and 308 keep
// method and body, which are for the URL's own origin only. False: they may not go there.
bool HttpProbe::follow_as_browsers_do(const HttpUrl& next) {
  if (target_.method == "GET" || target_.method == "HEAD") return true;
  if (result_.http_status == 307 || result_.http_status == 308) return next.same_origin(url_);
  request_changed_ = true;
  return set(CURLOPT_HTTPGET, 1L) && set(CURLOPT_CUSTOMREQUEST, "GET");
}

void HttpProbe::answered(const Moment& now) {
  const auto expiry = target_.verify ? result_.chain_expiry_unix : result_.certificate_expiry_unix;
  auto failure = judge_answer(
      target_,
      {.status = result_.http_status, .body = body_.verdict(), .certificate_expiry_unix = expiry},
      now.real_ns / kNsPerSecond);
  if (!failure && on_kept_ && target_.keepalive == Keepalive::kBoth) {
    on_kept_ = false;
    result_.redirects = 0;
    result_.durations = {};
    begin_exchange(now);
  } else {
    finish(now, std::move(failure));
  }
}

Failure HttpProbe::transfer_failure(CURLcode code, const Moment& now) {
  std::string address = result_.remote_address;
  if (address.empty()) {
    address = addresses_.empty() ? target_.unix_socket : addresses_.front().text();
  }
  const std::string_view detail =
      error_text_[0] != '\0' ? std::string_view(error_text_.data()) : curl_easy_strerror(code);
  return judge_error({.code = code,
                      .socket_errno = socket_errno_,
                      .connect_errno = curl_info_int(easy_.get(), CURLINFO_OS_ERRNO),
                      .some_route = addresses_.empty() || some_route(addresses_),
                      .all_routes = all_routes(addresses_),
                      .place = place_of(easy_.get(), times(now)),
                      .address = address,
                      .detail = detail},
                     spec_.effective_timeout_ms());
}

void HttpProbe::finish(const Moment& now, std::optional<Failure> failure) {
  if (failure) {
    kept_addresses_.clear();
    if (target_.keepalive == Keepalive::kBoth) {
      failure->reason =
          (on_kept_ ? "on the kept connection: " : "on a fresh connection: ") + failure->reason;
    }
  }
  end(now, std::move(failure));
}

Failure HttpProbe::at_deadline(const Moment& now) {
  read_facts(now);
  kept_addresses_.clear();
  return transfer_failure(CURLE_OPERATION_TIMEDOUT, now);
}

std::size_t HttpProbe::on_body(char* data, std::size_t, std::size_t size, void* self) {
  auto* probe = static_cast<HttpProbe*>(self);
  probe->body_capped_ = !probe->body_.take({data, size});
  return probe->body_capped_ ? 0 : size;  // 0 makes libcurl stop
}

curl_socket_t HttpProbe::on_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto* probe = static_cast<HttpProbe*>(self);
  const int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  probe->socket_opened_ = true;
  probe->connected_ = false;  // where a kept connection turned out to be dead
  probe->tools_.connecting.push_back(probe);
  probe->socket_errno_ = fd < 0 ? errno : 0;
  return fd < 0 ? CURL_SOCKET_BAD : fd;
}

// libcurl may close a socket before it says that it need not be watched any more; its number may be
// another's by then.
int HttpProbe::on_close(void* reactor, curl_socket_t fd) {
  static_cast<Reactor*>(reactor)->forget(fd);
  return close(fd);
}

CURLcode HttpProbe::on_handshake(CURL*, void*, void* self) {
  auto* probe = static_cast<HttpProbe*>(self);
  probe->handshake_ns_ = probe->tools_.clock.now().boot_ns;
  return CURLE_OK;
}

int HttpProbe::on_connected(void* self, char*, char*, int, int) {
  auto* probe = static_cast<HttpProbe*>(self);
  probe->connected_ = true;
  if (probe->hop_url_.tls) probe->tls_facts_ = read_tls_facts(probe->easy_.get());
  return CURL_PREREQFUNC_OK;
}

}  // namespace exporter
