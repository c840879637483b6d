// Docker's API over its socket, only read: first the stream of events is opened, then everything is
// listed once, and after that each container is asked for again when an event names it:
//
//   GET /events?filters=…          {"Type":"container","Action":"die","Actor":{"ID":"3f…"}}\n …
//   GET /containers/json?all=true  [{"Id":"3f…"}, …]
//   GET /containers/3f…/json       what config.v2.json has, under nearly the same keys
//
// But for HasBeenManuallyStopped: that is on when a "kill" event, which `docker stop` and `docker
// kill` alone make, came after the last "start". Docker remembers its last 256 events, so of stops
// from before the stream it is asked once, up to the date of the stream by its own clock:
//
//   GET /events?since=1&until=…    the same lines, and their end
#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "exporter/containers/json_walk.h"
#include "exporter/containers/runtime_source.h"

namespace exporter {
namespace {

constexpr std::size_t kMaxContainers = 20'000;
constexpr std::size_t kMaxPendingBytes = 1 << 20;
constexpr long kRequestMs = 5'000;
constexpr std::chrono::seconds kAgainAfter{2};
constexpr std::chrono::seconds kFirstLook{1};
constexpr char kPastEvents[] =
    "&filters=%7B%22type%22%3A%5B%22container%22%5D%2C%22event%22%3A%5B%22start%22%2C%22kill%22"
    "%5D%7D";
// Health checks are commands in the container: without a filter each would be three events.
constexpr char kEvents[] =
    "/events?filters=%7B%22type%22%3A%5B%22container%22%5D%2C%22event%22%3A%5B%22create%22%2C%22"
    "start%22%2C%22kill%22%2C%22die%22%2C%22destroy%22%2C%22pause%22%2C%22unpause%22%2C%22"
    "rename%22%2C%22update%22%2C%22health_status%22%2C%22oom%22%5D%7D";

using Easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

struct Received {
  std::string text;
  std::size_t most;
};

std::size_t receive(char* data, std::size_t size, std::size_t count, void* to) {
  auto& received = *static_cast<Received*>(to);
  const std::size_t bytes = size * count;
  if (received.text.size() + bytes > received.most) return 0;  // curl gives up
  received.text.append(data, bytes);
  return bytes;
}

bool is_id(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

class DockerApi final : public RuntimeSource {
 public:
  DockerApi(std::string socket, std::function<void()> changed)
      : socket_(std::move(socket)), changed_(std::move(changed)) {
    static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
    (void)global;
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }

  // The first answer is waited for, so that the first page has the names.
  void scan(bool) override {
    std::unique_lock guard(lock_);
    if (std::exchange(scanned_, true)) return;
    news_.wait_for(guard, kFirstLook, [this] { return looked_; });
  }
  void on_event(int, std::string_view) override {}

  void append_to(std::vector<RuntimeRecord>& records) const override {
    const std::lock_guard guard(lock_);
    for (const auto& [id, record] : records_) records.push_back(record);
    shown_problem_ = problem_;
  }
  const std::string& problem() const override { return shown_problem_; }

 private:
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      tell(follow(stop));
      std::unique_lock guard(lock_);
      news_.wait_for(guard, stop, kAgainAfter, [] { return false; });
    }
  }

  // Until the connection ends; returns why.
  std::string follow(const std::stop_token& stop) {
    const std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi(curl_multi_init(),
                                                                      &curl_multi_cleanup);
    Received events{{}, kMaxPendingBytes};
    const Easy stream = request(kEvents, events);
    if (!multi || !stream) return "out of memory";
    curl_multi_add_handle(multi.get(), stream.get());
    const std::stop_callback wake(stop, [&multi] { curl_multi_wakeup(multi.get()); });
    std::string why;
    bool listed = false;
    while (why.empty() && !stop.stop_requested()) {
      int running = 0;
      curl_multi_perform(multi.get(), &running);
      long code = 0;
      curl_easy_getinfo(stream.get(), CURLINFO_RESPONSE_CODE, &code);
      if (!listed && code == 200) {
        listed = true;
        look_back(stream.get());
        why = look_at_all();
        tell(why);
      }
      if (why.empty()) why = take_events(events.text);
      if (why.empty() && running == 0) {
        why = code == 0 || code == 200 ? "no answer to /events" : "HTTP " + std::to_string(code);
      }
      if (why.empty()) curl_multi_poll(multi.get(), nullptr, 0, 10'000, nullptr);
    }
    curl_multi_remove_handle(multi.get(), stream.get());
    return why;
  }

  Easy request(const std::string& path, Received& to) const {
    Easy easy(curl_easy_init(), &curl_easy_cleanup);
    if (!easy) return easy;
    curl_easy_setopt(easy.get(), CURLOPT_UNIX_SOCKET_PATH, socket_.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_URL, ("http://docker" + path).c_str());
    curl_easy_setopt(easy.get(), CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
    curl_easy_setopt(easy.get(), CURLOPT_CONNECTTIMEOUT_MS, kRequestMs);
    curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &to);
    return easy;
  }

  // Why it failed; empty: it did not, and code is HTTP's.
  std::string get(const std::string& path, std::string& text, long& code) const {
    Received received{{}, kMaxJsonBytes};
    const Easy easy = request(path, received);
    if (!easy) return "out of memory";
    curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, kRequestMs);
    if (const CURLcode result = curl_easy_perform(easy.get()); result != CURLE_OK) {
      return curl_easy_strerror(result);
    }
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &code);
    text = std::move(received.text);
    return {};
  }

  // What is not remembered, or cannot be asked, is not known: that is no failure.
  void look_back(CURL* stream) {
    curl_header* date = nullptr;
    if (curl_easy_header(stream, "Date", 0, CURLH_HEADER, -1, &date) != CURLHE_OK) return;
    const std::time_t opened = curl_getdate(date->value, nullptr);
    if (opened < 0) return;
    std::string text;
    long code = 0;
    // A date is cut to whole seconds.
    const std::string path = "/events?since=1&until=" + std::to_string(opened + 1) + kPastEvents;
    if (!get(path, text, code).empty() || code != 200) return;
    std::vector<std::string> ids;
    (void)take_lines(text, ids);
  }

  std::string look_at_all() {
    std::string text;
    long code = 0;
    if (std::string why = get("/containers/json?all=true", text, code); !why.empty()) return why;
    std::vector<std::string> ids;
    const auto walked = walk_json(text, [&ids](JsonPath path, const JsonValue& value) {
      if (path.size() == 2 && path[1] == "Id" && is_id(value.text_or_nothing()) &&
          ids.size() < kMaxContainers) {
        ids.emplace_back(value.text);
      }
    });
    if (code != 200 || !walked) return "no list of containers: HTTP " + std::to_string(code);
    std::map<std::string, RuntimeRecord> records;
    for (const std::string& id : ids) {
      if (std::string why = look_at(id, records); !why.empty()) return why;
    }
    std::erase_if(killed_, [&](const std::string& id) { return !records.contains(id); });
    const std::lock_guard guard(lock_);
    records_ = std::move(records);
    return {};
  }

  // One that is not there any more is taken out.
  std::string look_at(const std::string& id, std::map<std::string, RuntimeRecord>& records) {
    std::string text;
    long code = 0;
    if (std::string why = get("/containers/" + id + "/json", text, code); !why.empty()) return why;
    RuntimeRecord record;
    if (code != 200 || !parse_docker_config(text, record)) {
      records.erase(id);
      killed_.erase(id);
    } else if (records.contains(id) || records.size() < kMaxContainers) {
      record.facts.stopped_by_user = killed_.contains(id);
      records[id] = std::move(record);
    }
    return {};
  }

  // Takes whole lines out of pending: who was killed, who started, and the ids of all they name.
  std::string take_lines(std::string& pending, std::vector<std::string>& ids) {
    for (std::size_t end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
      std::string id;
      std::string action;
      const auto walked = walk_json(std::string_view(pending).substr(0, end),
                                    [&](JsonPath path, const JsonValue& value) {
                                      if (path.size() == 1 && path[0] == "Action") {
                                        action = value.text_or_nothing();
                                      }
                                      if (path.size() == 2 && path[0] == "Actor" &&
                                          path[1] == "ID" && is_id(value.text_or_nothing())) {
                                        id = value.text;
                                      }
                                    });
      if (!walked) return "an event is no JSON";
      pending.erase(0, end + 1);
      if (id.empty()) continue;
      if (action == "kill" && killed_.size() < kMaxContainers) killed_.insert(id);
      if (action == "start") killed_.erase(id);
      ids.push_back(std::move(id));
    }
    return {};
  }

  std::string take_events(std::string& pending) {
    std::vector<std::string> ids;
    if (std::string why = take_lines(pending, ids); !why.empty()) return why;
    if (ids.empty()) return {};
    std::ranges::sort(ids);
    ids.erase(std::ranges::unique(ids).begin(), ids.end());
    std::map<std::string, RuntimeRecord> records;
    {
      const std::lock_guard guard(lock_);
      records = records_;
    }
    for (const std::string& id : ids) {
      if (std::string why = look_at(id, records); !why.empty()) return why;
    }
    {
      const std::lock_guard guard(lock_);
      records_ = std::move(records);
    }
    tell({});
    return {};
  }

  void tell(const std::string& why) {
    {
      const std::lock_guard guard(lock_);
      problem_ = why.empty() ? std::string() : socket_ + ": " + why;
      looked_ = true;
    }
    news_.notify_all();
    changed_();
  }

  const std::string socket_;
  const std::function<void()> changed_;
  std::set<std::string> killed_;  // ids; the API's thread only
  mutable std::mutex lock_;
  std::condition_variable_any news_;
  std::map<std::string, RuntimeRecord> records_;  // by id, under lock_ like the next
  std::string problem_;
  bool looked_ = false;
  bool scanned_ = false;
  mutable std::string shown_problem_;  // the follower's thread only
  std::jthread thread_;                // last: it uses the rest
};

}  // namespace

std::unique_ptr<RuntimeSource> make_docker_api_source(std::string socket,
                                                      std::function<void()> changed) {
  return std::make_unique<DockerApi>(std::move(socket), std::move(changed));
}

}  // namespace exporter
