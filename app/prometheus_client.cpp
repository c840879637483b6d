#include "app/prometheus_client.h"

#include <curl/curl.h>

#include <array>
#include <cstdio>

#include "alerts/endpoint.h"
#include "app/prometheus_answer.h"
#include "exporter/core/text.h"

namespace app {
namespace {

using exporter::ErrorKind;
using exporter::fail;
using exporter::Result;

constexpr std::size_t kMaxHeaderBytes = std::size_t{64} << 10;
constexpr long kHttpOk = 200;
constexpr long kHttpRedirect = 300;
constexpr int kPollMs = 1000;

struct SlistDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// "1767225600.5"
std::string seconds(std::int64_t ms) {
  char text[32];
  std::snprintf(text, sizeof text, "%lld.%03lld", static_cast<long long>(ms / 1000),
                static_cast<long long>(ms % 1000));
  return text;
}

}  // namespace

struct PrometheusClient::Transfer {
  explicit Transfer(const SourceSpec& spec) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi = curl_multi_init();
    easy = curl_easy_init();
    curl_slist* list = curl_slist_append(nullptr, "Expect:");
    for (const auto& [name, value] : spec.headers) {
      list = curl_slist_append(list, (name + ": " + value).c_str());
    }
    headers.reset(list);
    set(CURLOPT_HTTPHEADER, headers.get());
    alerts::set_endpoint(easy, spec.endpoint, spec.timeout_ms);
    set(CURLOPT_ERRORBUFFER, error_text.data());
    set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    set(CURLOPT_HEADERDATA, this);
  }
  ~Transfer() {
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
    curl_global_cleanup();
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  template <class Value>
  bool set(CURLoption option, Value value) {
    return curl_easy_setopt(easy, option, value) == CURLE_OK;
  }

  std::string escaped(const std::string& text) {
    char* copy = curl_easy_escape(easy, text.data(), static_cast<int>(text.size()));
    std::string out = copy != nullptr ? copy : "";
    curl_free(copy);
    return out;
  }

  // Until it is over; another thread may end it through the stop token.
  CURLcode run(const std::stop_token& stop) {
    if (curl_multi_add_handle(multi, easy) != CURLM_OK) return CURLE_OUT_OF_MEMORY;
    CURLcode code = CURLE_ABORTED_BY_CALLBACK;
    {
      const std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi); });
      for (int running = 1; running > 0 && !stop.stop_requested();) {
        curl_multi_perform(multi, &running);
        if (running > 0) curl_multi_poll(multi, nullptr, 0, kPollMs, nullptr);
      }
    }
    int queued = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &queued)) {
      if (message->msg == CURLMSG_DONE) code = message->data.result;
    }
    curl_multi_remove_handle(multi, easy);
    return code;
  }

  // Returning less than size makes libcurl give up.
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) {
    Transfer& transfer = *static_cast<Transfer*>(self);
    transfer.is_too_large = transfer.answer.size() + size > kMaxAnswerBytes;
    if (transfer.is_too_large) return 0;
    transfer.answer.append(data, size);
    return size;
  }
  static std::size_t on_header(char*, std::size_t, std::size_t size, void* self) {
    std::size_t& bytes = static_cast<Transfer*>(self)->header_bytes;
    bytes += size;
    return bytes > kMaxHeaderBytes ? 0 : size;
  }

  CURLM* multi = nullptr;
  CURL* easy = nullptr;
  std::unique_ptr<curl_slist, SlistDeleter> headers;
  std::string answer;
  std::size_t header_bytes = 0;
  bool is_too_large = false;
  std::array<char, CURL_ERROR_SIZE> error_text{};
};

PrometheusClient::PrometheusClient(const SourceSpec& spec)
    : spec_(spec), transfer_(std::make_unique<Transfer>(spec)) {}

PrometheusClient::~PrometheusClient() = default;

Result<std::vector<slo::Track>> PrometheusClient::range(const std::string& query,
                                                        const Range& range,
                                                        const std::stop_token& stop) {
  return ask("/api/v1/query_range",
             {{"query", query},
              {"start", seconds(range.begin_ms)},
              {"end", seconds(range.end_ms)},
              {"step", seconds(range.step_ms)}},
             stop);
}

Result<std::vector<slo::Track>> PrometheusClient::instant(const std::string& query,
                                                          std::int64_t at_ms,
                                                          const std::stop_token& stop) {
  return ask("/api/v1/query", {{"query", query}, {"time", seconds(at_ms)}}, stop);
}

Result<std::vector<slo::Track>> PrometheusClient::ask(const std::string& path,
                                                      const std::vector<Field>& fields,
                                                      const std::stop_token& stop) {
  Transfer& transfer = *transfer_;
  const auto failed = [this](ErrorKind kind, const std::string& what) {
    return fail(kind, "source " + spec_.name + ": " + what);
  };
  if (auto ready = alerts::set_credentials(transfer.easy, spec_.endpoint); !ready) {
    return failed(ErrorKind::kUnavailable, ready.error().message);
  }
  std::string url = spec_.endpoint.url;
  while (url.ends_with('/')) url.pop_back();
  url += path;
  std::string body;
  for (const auto& [key, value] : fields) {
    body += (body.empty() ? "" : "&") + std::string(key) + "=" + transfer.escaped(value);
  }
  transfer.header_bytes = 0;
  transfer.is_too_large = false;
  transfer.error_text[0] = '\0';
  if (!transfer.set(CURLOPT_URL, url.c_str()) || !transfer.set(CURLOPT_POST, 1L) ||
      !transfer.set(CURLOPT_POSTFIELDS, body.c_str()) ||
      !transfer.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()))) {
    return failed(ErrorKind::kUnavailable, "out of memory");
  }
  const CURLcode code = transfer.run(stop);
  if (transfer.is_too_large) {
    return failed(ErrorKind::kInvalid, "the answer has more than 4 MiB: select fewer series");
  }
  if (code != CURLE_OK) {
    const char* text = transfer.error_text.data();
    return failed(ErrorKind::kUnavailable, text[0] != '\0' ? text : curl_easy_strerror(code));
  }
  long status = 0;
  curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
  auto tracks = parse_answer(transfer.answer);
  transfer.answer = {};
  if (tracks && status >= kHttpOk && status < kHttpRedirect) return tracks;
  if (!tracks && tracks.error().kind == ErrorKind::kInvalid) {
    // 503 with such an answer: it is there, and cannot evaluate the query now.
    const bool later = status >= 500;
    return failed(later ? ErrorKind::kUnavailable : ErrorKind::kInvalid, tracks.error().message);
  }
  if (status < kHttpOk || status >= kHttpRedirect) {
    return failed(ErrorKind::kUnavailable, "HTTP " + std::to_string(status));
  }
  return failed(ErrorKind::kParse, tracks.error().message);
}

}  // namespace app
