#include "alerts/sender.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <optional>

#include "alerts/endpoint.h"
#include "alerts/receivers.h"
#include "alerts/wire.h"

namespace alerts {
namespace {

constexpr std::size_t kMaxAnswerBytes = std::size_t{64} << 10;
constexpr std::size_t kMaxStatesBytes = std::size_t{4} << 20;
constexpr long kHttpOk = 200;
constexpr long kHttpRedirect = 300;
constexpr long kBadRequest = 400;
constexpr long kTooLarge = 413;
constexpr long kUnprocessable = 422;

struct SlistDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::string address_of(const Receiver& receiver) {
  std::string url = receiver.endpoint.url;
  if (receiver.kind != ReceiverKind::kAlertmanager) return url;
  while (url.ends_with('/')) url.pop_back();
  return url + "/api/v2/alerts";
}

}  // namespace

struct HttpNotifier::Multi {
  CURLM* handle = nullptr;

  Multi() {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    handle = curl_multi_init();
  }
  ~Multi() {
    curl_multi_cleanup(handle);
    curl_global_cleanup();
  }
  Multi(const Multi&) = delete;
  Multi& operator=(const Multi&) = delete;
};

struct HttpNotifier::Member {
  Member(std::size_t number, const Receiver& receiver, std::int64_t timeout_ms, CURLM* multi_handle)
      : index(number),
        kind(receiver.kind),
        spec(receiver.endpoint),
        url(address_of(receiver)),
        states_url(url + "?filter=origin%3D%22daemon%22"),
        multi(multi_handle),
        easy(curl_easy_init()) {
    headers.reset(curl_slist_append(nullptr, "Content-Type: application/json"));
    // Bodies are small: do not wait for permission to send one.
    curl_slist_append(headers.get(), "Expect:");
    set(CURLOPT_PRIVATE, this);
    set_endpoint(easy, spec, timeout_ms);
    set(CURLOPT_HTTPHEADER, headers.get());
    set(CURLOPT_ERRORBUFFER, error_text.data());
    set(CURLOPT_WRITEFUNCTION, &Member::on_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_HEADERFUNCTION, &Member::on_header);
    set(CURLOPT_HEADERDATA, this);
  }
  ~Member() {
    if (running) curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
  }
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  template <class Value>
  bool set(CURLoption option, Value value) {
    return curl_easy_setopt(easy, option, value) == CURLE_OK;
  }

  // Nothing to post: a GET.
  exporter::Result<void> start(std::optional<std::string> text, bool ask) {
    body = text ? std::move(*text) : std::string();
    asking = ask;
    answer.clear();
    header_bytes = 0;
    error_text[0] = '\0';
    if (auto ready = set_credentials(easy, spec); !ready) return ready;
    const bool prepared =
        text ? set(CURLOPT_POST, 1L) && set(CURLOPT_POSTFIELDS, body.c_str()) &&
                   set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()))
             : set(CURLOPT_HTTPGET, 1L);
    if (!prepared || !set(CURLOPT_URL, asking ? states_url.c_str() : url.c_str()) ||
        curl_multi_add_handle(multi, easy) != CURLM_OK) {
      return exporter::fail(exporter::ErrorKind::kIo, "out of memory");
    }
    running = true;
    return {};
  }

  Outcome finish(CURLcode code) {
    curl_multi_remove_handle(multi, easy);
    running = false;
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    Outcome outcome{.member = index, .reason = {}, .asked = asking, .states = {}};
    if (code != CURLE_OK) {
      outcome.reason = error_text[0] != '\0' ? error_text.data() : curl_easy_strerror(code);
      return outcome;
    }
    if (status >= kHttpOk && status < kHttpRedirect) {
      outcome.reply = Reply::kTaken;
      if (!asking) return outcome;
      if (auto states = alert_states(answer)) {
        outcome.states = std::move(*states);
      } else {
        outcome.reply = Reply::kFailed;
        outcome.reason = states.error().message;
      }
      return outcome;
    }
    if (status == kBadRequest || status == kTooLarge || status == kUnprocessable) {
      outcome.reply = Reply::kRefused;
    }
    outcome.reason = "HTTP " + std::to_string(status) + " " + answer_reason(answer);
    return outcome;
  }

  // Returning less than size makes libcurl give up.
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) {
    Member& member = *static_cast<Member*>(self);
    const std::size_t most = member.asking ? kMaxStatesBytes : kMaxAnswerBytes;
    if (member.answer.size() + size > most) return 0;
    member.answer.append(data, size);
    return size;
  }
  static std::size_t on_header(char*, std::size_t, std::size_t size, void* self) {
    std::size_t& bytes = static_cast<Member*>(self)->header_bytes;
    bytes += size;
    return bytes > kMaxAnswerBytes ? 0 : size;
  }

  const std::size_t index;
  const ReceiverKind kind;
  const EndpointSpec spec;
  const std::string url;
  const std::string states_url;
  CURLM* const multi;
  CURL* const easy;
  std::unique_ptr<curl_slist, SlistDeleter> headers;
  bool running = false;
  bool asking = false;
  std::string body;
  std::string answer;
  std::size_t header_bytes = 0;
  std::array<char, CURL_ERROR_SIZE> error_text{};
};

HttpNotifier::HttpNotifier(const AlertingSpec& spec) { set(spec); }

void HttpNotifier::set(const AlertingSpec& spec) {
  members_.clear();
  outcomes_.clear();
  const std::vector<Receiver> receivers = receivers_of(spec);
  if (!multi_ && !receivers.empty()) {
    const std::scoped_lock lock(mutex_);
    multi_ = std::make_unique<Multi>();
  }
  for (const Receiver& receiver : receivers) {
    members_.push_back(
        std::make_unique<Member>(members_.size(), receiver, spec.send_timeout_ms, multi_->handle));
  }
}

HttpNotifier::~HttpNotifier() = default;

void HttpNotifier::send(std::size_t member, const std::vector<Message>& messages) {
  std::optional<std::string> body;
  switch (members_[member]->kind) {
    case ReceiverKind::kAlertmanager: body = alerts_body(messages); break;
    case ReceiverKind::kWebhook: body = webhook_body(messages); break;
    case ReceiverKind::kHeartbeat: break;
  }
  const auto started = members_[member]->start(std::move(body), false);
  if (!started) {
    outcomes_.push_back({.member = member, .reason = started.error().message, .states = {}});
  }
}

bool HttpNotifier::ask(std::size_t member) {
  return members_[member]->start(std::nullopt, true).has_value();
}

std::vector<Outcome> HttpNotifier::wait(std::chrono::milliseconds timeout) {
  if (!multi_) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, timeout, [this] { return woken_.load(); });
    woken_ = false;
    return {};
  }
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    int running = 0;
    curl_multi_perform(multi_->handle, &running);
    finish_transfers();
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (!outcomes_.empty() || woken_.exchange(false) || left.count() <= 0) {
      return std::exchange(outcomes_, {});
    }
    curl_multi_poll(multi_->handle, nullptr, 0, static_cast<int>(left.count()), nullptr);
  }
}

void HttpNotifier::finish_transfers() {
  int queued = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_->handle, &queued)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;  // finish() frees the message
    Member* member = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &member);
    outcomes_.push_back(member->finish(code));
  }
}

void HttpNotifier::wake() {
  {
    const std::scoped_lock lock(mutex_);
    woken_ = true;
    if (multi_) curl_multi_wakeup(multi_->handle);
  }
  changed_.notify_all();  // who wakes wants the mutex
}

}  // namespace alerts
