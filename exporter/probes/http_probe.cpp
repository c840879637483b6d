// An attempt is a chain of hops, each of them
//
//   name look-up (unless the host is an address) -> transfer -> answer -> next hop, or the end
//
// libcurl gets the addresses by CURLOPT_RESOLVE ("+example.com:443:192.0.2.1,[2001:db8::1]") and so
// never resolves a name itself; redirections are followed here, so that every hop goes through the
// same look-up, address check and deadline. Times of a transfer are libcurl's, counted from its
// start: CONNECT, APPCONNECT (TLS), STARTTRANSFER (first byte), total.
#include "exporter/probes/http_probe.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "exporter/core/text.h"

namespace exporter {
namespace {

constexpr std::size_t kMaxReasonBytes = 200;
constexpr std::int64_t kNsPerMs = 1'000'000;

}  // namespace

HttpProbe::HttpProbe(const ProbeSpec& spec, CURLM* multi, const std::string& name_servers,
                     const Clock& clock)
    : spec_(spec),
      multi_(multi),
      name_servers_(name_servers),
      clock_(clock),
      url_(check_url(spec.http.url, spec.http.allow_metadata).value_or(HttpUrl{})),
      easy_(curl_easy_init()) {
  for (const std::string& header : spec.http.headers) {
    curl_slist* longer = curl_slist_append(headers_.get(), header.c_str());
    usable_ = usable_ && longer != nullptr;
    if (headers_ == nullptr) headers_.reset(longer);  // otherwise it is the same beginning
  }
  usable_ = usable_ && easy_ != nullptr && set_fixed_options();
  if (!usable_) return;
  // Not every TLS library has it; it only tells the times apart.
  set(CURLOPT_SSL_CTX_FUNCTION, &HttpProbe::on_handshake);
  set(CURLOPT_SSL_CTX_DATA, this);
}

HttpProbe::~HttpProbe() {
  if (stage_ == Stage::kTransferring) leave_multi();
}

HttpProbe& HttpProbe::of(CURL* easy) {
  void* self = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &self);
  return *static_cast<HttpProbe*>(self);
}

template <class Value>
bool HttpProbe::set(CURLoption option, Value value) {
  return curl_easy_setopt(easy_.get(), option, value) == CURLE_OK;
}

bool HttpProbe::set_fixed_options() {
  const HttpTarget& http = spec_.http;
  // With a directory of certificates besides the file, libcurl would parse the file anew for every
  // connection instead of keeping the parsed store.
  const bool file_only =
      !http.ca_file.empty() || !curl_info_text(easy_.get(), CURLINFO_CAINFO).empty();
  return set(CURLOPT_PRIVATE, this) && set(CURLOPT_ERRORBUFFER, error_text_.data()) &&
         set(CURLOPT_NOSIGNAL, 1L) && set(CURLOPT_PROTOCOLS_STR, "http,https") &&
         set(CURLOPT_PROXY, "") &&  // not even one that the environment names
         set(CURLOPT_FOLLOWLOCATION, 0L) && set(CURLOPT_FRESH_CONNECT, 1L) &&
         set(CURLOPT_FORBID_REUSE, 1L) &&
         set(CURLOPT_SSL_SESSIONID_CACHE, 0L) &&  // a resumed session shows no certificate
         set(CURLOPT_USERAGENT, "fournines/" FOURNINES_VERSION) &&
         set(CURLOPT_NOBODY, http.method == HttpMethod::kHead ? 1L : 0L) &&
         set(CURLOPT_WRITEFUNCTION, &HttpProbe::on_body) && set(CURLOPT_WRITEDATA, this) &&
         set(CURLOPT_OPENSOCKETFUNCTION, &HttpProbe::on_socket) &&
         set(CURLOPT_OPENSOCKETDATA, this) &&
         set(CURLOPT_PREREQFUNCTION, &HttpProbe::on_connected) && set(CURLOPT_PREREQDATA, this) &&
         (http.ca_file.empty() || set(CURLOPT_CAINFO, http.ca_file.c_str())) &&
         (!file_only || set(CURLOPT_CAPATH, static_cast<const char*>(nullptr)));
}

void HttpProbe::start(const Moment& now) {
  result_ = {};
  result_.sent = now;
  deadline_ns_ = now.boot_ns + spec_.effective_timeout_ms() * kNsPerMs;
  hop_url_ = url_;
  if (!usable_) {
    end(now, Failure{.cause = UnknownCause::kLocal, .reason = "libcurl lacks what is needed"});
    return;
  }
  begin_hop(now);
}

void HttpProbe::begin_hop(const Moment& now) {
  ProbeResult kept;  // what the hops before answered is no part of the result
  kept.sent = result_.sent;
  kept.durations = result_.durations;
  kept.redirects = result_.redirects;
  result_ = std::move(kept);
  hop_start_ns_ = now.boot_ns;
  handshake_ns_ = 0;
  addresses_.clear();
  tls_facts_ = {};
  socket_errno_ = 0;
  body_bytes_ = 0;
  body_capped_ = false;
  body_contains_ = false;
  body_tail_.clear();
  error_text_[0] = '\0';
  if (const auto literal = Address::from_text(hop_url_.host, hop_url_.port)) {
    addresses_.push_back(*literal);
    resolved_.reset();
    begin_transfer(now);
    return;
  }
  stage_ = Stage::kResolving;
  lookup_ = std::make_unique<NameLookup>(hop_url_.host, hop_url_.port, now,
                                         deadline_ns_ - now.boot_ns, name_servers_);
  step(clock_.now());
}

void HttpProbe::step(const Moment& now) {
  if (stage_ != Stage::kResolving) return;
  const LookupState state = lookup_->step(now);
  if (state == LookupState::kRunning) return;
  result_.durations.resolve_ns += now.boot_ns - hop_start_ns_;
  Failure failure{.phase = ProbePhase::kResolve, .reason = lookup_->reason()};
  if (state == LookupState::kFound) addresses_ = lookup_->addresses();
  lookup_.reset();
  if (state == LookupState::kFound) {
    addresses_known(now);
    return;
  }
  if (state == LookupState::kNoResolver) failure.cause = UnknownCause::kNoResolver;
  if (state == LookupState::kLocal) failure.cause = UnknownCause::kLocal;
  end(now, failure);
}

void HttpProbe::addresses_known(const Moment& now) {
  if (!spec_.http.allow_metadata) {
    std::erase_if(addresses_, [](const Address& address) { return address.is_metadata(); });
  }
  if (addresses_.empty()) {
    end(now,
        Failure{.phase = ProbePhase::kResolve,
                .reason = hop_url_.host + " is a cloud metadata address, which is not allowed"});
    return;
  }
  std::string entry = "+" + hop_url_.host + ":" + std::to_string(hop_url_.port) + ":";
  for (const Address& address : addresses_) {
    if (!entry.ends_with(':')) entry += ',';
    entry += address.is_v6() ? "[" + address.text() + "]" : address.text();
  }
  resolved_.reset(curl_slist_append(nullptr, entry.c_str()));
  begin_transfer(now);
}

void HttpProbe::begin_transfer(const Moment& now) {
  hop_start_ns_ = now.boot_ns;
  // The caller keeps the deadline. libcurl gets the latest it may be, because it gives each of
  // several addresses a share of the time to connect.
  const std::int64_t left_ns = deadline_ns_ - now.boot_ns + late_limit_ns(spec_.interval_ms);
  const std::int64_t connect_ms = std::max<std::int64_t>(left_ns / kNsPerMs, 1);
  const bool added =
      set(CURLOPT_URL, hop_url_.text.c_str()) && set(CURLOPT_RESOLVE, resolved_.get()) &&
      set(CURLOPT_HTTPHEADER, hop_url_.same_origin(url_) ? headers_.get() : nullptr) &&
      set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_ms)) &&
      curl_multi_add_handle(multi_, easy_.get()) == CURLM_OK;
  if (!added) {
    end(now, Failure{.cause = UnknownCause::kLocal, .reason = "out of memory"});
    return;
  }
  stage_ = Stage::kTransferring;
}

void HttpProbe::leave_multi() {
  curl_multi_remove_handle(multi_, easy_.get());
  stage_ = Stage::kEnded;
}

void HttpProbe::transfer_ended(CURLcode code, const Moment& now) {
  if (stage_ != Stage::kTransferring) return;
  read_facts(now);
  if (code == CURLE_WRITE_ERROR && body_capped_) code = CURLE_OK;
  if (code != CURLE_OK) {
    fail_transfer(code, now);
    return;
  }
  leave_multi();
  if (!redirected(now)) succeed_or_fail(now);
}

TransferTimes HttpProbe::times(const Moment& now) const {
  constexpr std::int64_t kNsPerUs = 1000;
  return {.tls = hop_url_.tls,
          .handshake_us = handshake_ns_ == 0 ? 0 : (handshake_ns_ - hop_start_ns_) / kNsPerUs + 1,
          .elapsed_us = (now.boot_ns - hop_start_ns_) / kNsPerUs};
}

void HttpProbe::read_facts(const Moment& now) {
  add_durations(easy_.get(), times(now), result_.durations);
  read_answer(easy_.get(), result_);
  result_.tls = !tls_facts_.version.empty();
  result_.tls_version = tls_facts_.version;
  result_.certificate_expiry_unix = tls_facts_.sent_expiry_unix;
  result_.chain_expiry_unix = tls_facts_.trusted_expiry_unix;
}

bool HttpProbe::redirected(const Moment& now) {
  if (!spec_.http.follow_redirects) return false;
  const std::string location = curl_info_text(easy_.get(), CURLINFO_REDIRECT_URL);
  if (location.empty()) return false;
  const auto next = check_url(location, spec_.http.allow_metadata);
  if (!next) {
    end(now,
        Failure{.phase = ProbePhase::kHttp, .reason = "redirected to " + next.error().message});
  } else if (result_.redirects == kMaxRedirects) {
    end(now, Failure{.phase = ProbePhase::kHttp, .reason = "more than 10 redirections"});
  } else {
    ++result_.redirects;
    hop_url_ = *next;
    begin_hop(now);
  }
  return true;
}

void HttpProbe::succeed_or_fail(const Moment& now) {
  constexpr std::int64_t kNsPerSecond = 1'000'000'000;
  end(now, judge_answer(spec_.http,
                        {.status = result_.http_status,
                         .body_contains = body_contains_,
                         .certificate_expiry_unix = result_.chain_expiry_unix},
                        now.real_ns / kNsPerSecond));
}

void HttpProbe::fail_transfer(CURLcode code, const Moment& now) {
  const auto routed = [](const Address& address) { return address.has_route(); };
  const std::string address =
      result_.remote_address.empty() ? addresses_.front().text() : result_.remote_address;
  const std::string_view detail =
      error_text_[0] != '\0' ? std::string_view(error_text_.data()) : curl_easy_strerror(code);
  const Failure failure =
      judge_error({.code = code,
                   .socket_errno = socket_errno_,
                   .connect_errno = curl_info_int(easy_.get(), CURLINFO_OS_ERRNO),
                   .some_route = std::ranges::any_of(addresses_, routed),
                   .all_routes = std::ranges::all_of(addresses_, routed),
                   .place = place_of(easy_.get(), times(now)),
                   .address = address,
                   .detail = detail},
                  spec_.effective_timeout_ms());
  leave_multi();
  end(now, failure);
}

void HttpProbe::expire(const Moment& now) {
  if (stage_ == Stage::kTransferring) {
    read_facts(now);
    fail_transfer(CURLE_OPERATION_TIMEDOUT, now);
  } else if (stage_ == Stage::kResolving) {
    result_.durations.resolve_ns += now.boot_ns - hop_start_ns_;
    Failure failure{.phase = ProbePhase::kTimeout,
                    .reason = hop_url_.host + ": no address within " +
                              std::to_string(spec_.effective_timeout_ms()) + " ms"};
    if (lookup_->give_up() == LookupState::kNoResolver) failure.cause = UnknownCause::kNoResolver;
    end(now, failure);
  }
}

void HttpProbe::cancel(const Moment& now) {
  if (!running()) return;
  if (stage_ == Stage::kTransferring) leave_multi();
  end(now,
      Failure{.phase = ProbePhase::kNone, .cause = UnknownCause::kStopped, .reason = "stopped"});
}

void HttpProbe::end(const Moment& now, std::optional<Failure> failure) {
  lookup_.reset();
  stage_ = Stage::kEnded;
  result_.done = now;
  result_.outcome = ProbeOutcome::kGood;
  if (result_.remote_address.empty() && !addresses_.empty()) {
    result_.remote_address = addresses_.front().text();
  }
  if (!failure) return;
  result_.phase = failure->phase;
  result_.cause = failure->cause;
  result_.outcome =
      failure->cause == UnknownCause::kNone ? ProbeOutcome::kBad : ProbeOutcome::kUnknown;
  result_.reason = printable(failure->reason, kMaxReasonBytes);
}

std::int64_t HttpProbe::waits(const Moment& now, std::vector<pollfd>& out) const {
  return stage_ == Stage::kResolving ? lookup_->waits(now, out) : INT64_MAX;
}

std::optional<ProbeResult> HttpProbe::take_result() {
  if (stage_ != Stage::kEnded) return std::nullopt;
  stage_ = Stage::kIdle;
  return std::move(result_);
}

std::size_t HttpProbe::take_body(std::string_view chunk) {
  const std::string& wanted = spec_.http.body_contains;
  const std::size_t room = kMaxProbedBytes - body_bytes_;
  body_capped_ = chunk.size() > room;
  const std::string_view taken = chunk.substr(0, room);
  body_bytes_ += taken.size();
  if (!wanted.empty() && !body_contains_) {
    body_tail_ += taken;
    body_contains_ = body_tail_.contains(wanted);
    const std::size_t keep = std::min(wanted.size() - 1, body_tail_.size());
    body_tail_.erase(0, body_tail_.size() - keep);
  }
  return body_capped_ ? 0 : chunk.size();  // 0 makes libcurl stop
}

std::size_t HttpProbe::on_body(char* data, std::size_t, std::size_t size, void* self) {
  return static_cast<HttpProbe*>(self)->take_body({data, size});
}

curl_socket_t HttpProbe::on_socket(void* self, curlsocktype, curl_sockaddr* address) {
  const int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  static_cast<HttpProbe*>(self)->socket_errno_ = fd < 0 ? errno : 0;
  return fd < 0 ? CURL_SOCKET_BAD : fd;
}

CURLcode HttpProbe::on_handshake(CURL*, void*, void* self) {
  auto* probe = static_cast<HttpProbe*>(self);
  probe->handshake_ns_ = probe->clock_.now().boot_ns;
  return CURLE_OK;
}

int HttpProbe::on_connected(void* self, char*, char*, int, int) {
  auto* probe = static_cast<HttpProbe*>(self);
  if (probe->hop_url_.tls) probe->tls_facts_ = read_tls_facts(probe->easy_.get());
  return CURL_PREREQFUNC_OK;
}

}  // namespace exporter
