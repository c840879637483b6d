#include "alerts/sender.h"

#include <dlfcn.h>
#include <netdb.h>
#include <sys/stat.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "tests/alerts/fake_alertmanager.h"
#include "tests/alerts/support.h"
#include "tests/support/doctest.h"

namespace {

// Stands for a name server that never answers.
class SilentNameServer {
 public:
  void ask() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return released_; });
    --waiting_;
    changed_.notify_all();
  }
  void release() {
    std::unique_lock lock(mutex_);
    released_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return waiting_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool released_ = false;
};

SilentNameServer silent_name_server;

}  // namespace

// In the place of the C library's, for libcurl too.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** result) {
  if (node != nullptr && std::strcmp(node, "silent.example") == 0) {
    silent_name_server.ask();
    return EAI_AGAIN;
  }
  using Function = decltype(&getaddrinfo);
  static const auto real = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "getaddrinfo"));
  return real(node, service, hints, result);
}

namespace alerts {
namespace {

constexpr std::chrono::milliseconds kLong{30'000};

EndpointSpec at(const std::string& url) {
  EndpointSpec member;
  member.url = url;
  return member;
}

AlertingSpec spec_of(std::vector<EndpointSpec> members, std::int64_t timeout_ms = 30'000) {
  AlertingSpec spec;
  spec.alertmanagers = std::move(members);
  spec.send_timeout_ms = timeout_ms;
  return spec;
}

std::vector<Message> one_message() {
  Message message;
  message.alert.labels = {{"alertname", "SLOBurnPage"}};
  message.alert.starts_at_ms = kStartUnixMs;
  message.ends_at_ms = kStartUnixMs + 240'000;
  return {message};
}

Outcome sent(HttpNotifier& notifier, std::size_t member = 0) {
  notifier.send(member, one_message());
  const auto outcomes = notifier.wait(kLong);
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes[0].member == member);
  return outcomes[0];
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class SecretFile {
 public:
  explicit SecretFile(const std::string& secret) {
    const int fd = mkstemp(path.data());
    REQUIRE(fd >= 0);
    close(fd);
    write(secret);
  }
  ~SecretFile() { std::filesystem::remove(path); }
  void write(const std::string& secret) const { std::ofstream(path) << secret << '\n'; }

  std::string path = std::filesystem::temp_directory_path() / "fournines-token-XXXXXX";
};

}  // namespace

TEST_CASE("a request is what Alertmanager wants, and 2xx means taken") {
  FakeAlertmanager server;
  HttpNotifier notifier(spec_of({at(server.url() + "/prefix/")}));
  CHECK(sent(notifier).reply == Reply::kTaken);
  REQUIRE(server.requests().size() == 1);
  const std::string request = server.requests()[0];
  CHECK(request.starts_with("POST /prefix/api/v2/alerts HTTP/1.1\r\n"));
  CHECK(holds(request, "\r\nContent-Type: application/json\r\n"));
  CHECK(holds(request, "\r\nUser-Agent: fournines/"));
  CHECK_FALSE(holds(request, "Expect:"));
  CHECK_FALSE(holds(request, "Authorization:"));
  CHECK(holds(request, R"("startsAt":"2025-11-25T19:46:26.123Z")"));
}

TEST_CASE("what is not wanted, not possible and not there are told apart") {
  FakeAlertmanager server;
  HttpNotifier notifier(spec_of({at(server.url())}));
  for (const int status : {400, 413, 422}) {
    server.answer(status, R"({"code":400,"message":"bad label"})");
    const Outcome outcome = sent(notifier);
    CHECK(outcome.reply == Reply::kRefused);
    CHECK(outcome.reason == "HTTP " + std::to_string(status) + " bad label");
  }
  for (const int status : {401, 404, 415, 429, 500, 503}) {
    server.answer(status, "no");
    const Outcome outcome = sent(notifier);
    CHECK(outcome.reply == Reply::kFailed);
    CHECK(outcome.reason == "HTTP " + std::to_string(status) + " no");
  }
  server.stop();
  const Outcome outcome = sent(notifier);
  CHECK(outcome.reply == Reply::kFailed);
  CHECK_FALSE(outcome.reason.empty());
}

TEST_CASE("a redirection is a failure, not a way") {
  FakeAlertmanager server;
  server.answer(307, "", "Location: " + server.url() + "/elsewhere\r\n");
  HttpNotifier notifier(spec_of({at(server.url())}));
  CHECK(sent(notifier).reply == Reply::kFailed);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("a member that hangs has a deadline, and the others their answers before it") {
  FakeAlertmanager hanging;
  hanging.answer(std::nullopt);
  FakeAlertmanager good;
  HttpNotifier notifier(spec_of({at(hanging.url()), at(good.url())}, 3000));
  notifier.send(0, one_message());
  for (int i = 0; i < 3; ++i) {
    notifier.send(1, one_message());
    const auto outcomes = notifier.wait(kLong);
    REQUIRE(outcomes.size() == 1);
    CHECK(outcomes[0].member == 1);
    CHECK(outcomes[0].reply == Reply::kTaken);
  }
  const auto outcomes = notifier.wait(kLong);
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes[0].member == 0);
  CHECK(outcomes[0].reply == Reply::kFailed);
  hanging.answer(200);
  CHECK(sent(notifier, 0).reply == Reply::kTaken);
}

TEST_CASE("a name server that is silent holds up nobody, not even the end of the notifier") {
  FakeAlertmanager good;
  {
    HttpNotifier notifier(spec_of({at("http://silent.example:9093"), at(good.url())}, 3000));
    notifier.send(0, one_message());
    CHECK(sent(notifier, 1).reply == Reply::kTaken);
    const auto outcomes = notifier.wait(kLong);
    REQUIRE(outcomes.size() == 1);
    CHECK(outcomes[0].member == 0);
    CHECK(outcomes[0].reply == Reply::kFailed);
    notifier.send(0, one_message());
    CHECK(notifier.wait(std::chrono::milliseconds(0)).empty());
  }
  silent_name_server.release();
}

TEST_CASE("answers without an end are cut off") {
  FakeAlertmanager server;
  HttpNotifier notifier(spec_of({at(server.url())}));
  server.answer("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + std::string(100'000, 'x'));
  CHECK(sent(notifier).reply == Reply::kFailed);
  std::string heads = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 2000; ++i) heads += "X-Filler: " + std::string(90, 'x') + "\r\n";
  server.answer(heads);
  CHECK(sent(notifier).reply == Reply::kFailed);
  server.answer("no HTTP at all\r\n\r\n");
  CHECK(sent(notifier).reply == Reply::kFailed);
  server.answer(200);
  CHECK(sent(notifier).reply == Reply::kTaken);
}

TEST_CASE("a member that restarted takes alerts again over a fresh connection") {
  FakeAlertmanager server;
  HttpNotifier notifier(spec_of({at(server.url())}));
  CHECK(sent(notifier).reply == Reply::kTaken);
  server.stop();
  server.start();
  CHECK(sent(notifier).reply == Reply::kTaken);
}

TEST_CASE("credentials are read at each send and sent as they are then") {
  FakeAlertmanager server;
  const SecretFile file("first");
  EndpointSpec bearer = at(server.url());
  bearer.bearer_token_file = file.path;
  EndpointSpec basic = at(server.url());
  basic.basic_auth_username = "me";
  basic.basic_auth_password_file = file.path;
  HttpNotifier notifier(spec_of({bearer, basic}));
  CHECK(sent(notifier, 0).reply == Reply::kTaken);
  CHECK(holds(server.requests().back(), "\r\nAuthorization: Bearer first\r\n"));
  file.write("second");
  CHECK(sent(notifier, 0).reply == Reply::kTaken);
  CHECK(holds(server.requests().back(), "\r\nAuthorization: Bearer second\r\n"));
  CHECK(sent(notifier, 1).reply == Reply::kTaken);
  CHECK(holds(server.requests().back(), "\r\nAuthorization: Basic bWU6c2Vjb25k\r\n"));
}

TEST_CASE("without its credentials nothing is sent, and the reason names the file only") {
  FakeAlertmanager server;
  const SecretFile file("hunter2");
  REQUIRE(chmod(file.path.c_str(), 0644) == 0);
  EndpointSpec member = at(server.url());
  member.bearer_token_file = file.path;
  HttpNotifier notifier(spec_of({member}));
  const Outcome outcome = sent(notifier);
  CHECK(outcome.reply == Reply::kFailed);
  CHECK(holds(outcome.reason, file.path));
  CHECK_FALSE(holds(outcome.reason, "hunter2"));
  CHECK(server.requests().empty());
}

TEST_CASE("wake() ends a wait that is under way or yet to come, with and without members") {
  HttpNotifier with(spec_of({at("http://127.0.0.1:9")}));
  HttpNotifier without(spec_of({}));
  for (Notifier* notifier : std::initializer_list<Notifier*>{&with, &without}) {
    notifier->wake();
    CHECK(notifier->wait(kLong).empty());
    const std::jthread other([&] { notifier->wake(); });
    CHECK(notifier->wait(kLong).empty());
  }
}

}  // namespace alerts
