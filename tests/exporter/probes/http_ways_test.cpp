// How an HTTP probe reaches its server: kept connections, redirected requests with a body, proxies.
#include <atomic>

#include "exporter/core/clock.h"
#include "tests/exporter/probes/probe_run.h"
#include "tests/exporter/probes/test_name_server.h"
#include "tests/exporter/probes/test_server.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

constexpr char kShort[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// Answers every request on a connection, at most `most` of them, then closes it without a word.
TestServer::Handler keeps_open(int most = 1000) {
  return [most](const TestServer::Connection& connection) {
    for (int i = 0; i < most && connection.request().ends_with("\r\n\r\n"); ++i) {
      if (!connection.send(kShort)) return;
    }
  };
}

// As long as an attempt of a short interval may take.
constexpr std::int64_t kPatientMs = kMaxBurstTimeoutMs - 1;

std::vector<ProbeResult> results_with(const TestServer& server, Keepalive keepalive,
                                      std::size_t count, std::int64_t interval_ms = 100) {
  const SystemClock clock;
  ProbeBoard board;
  RecordingSink sink;
  ProbeScheduler scheduler(clock, board, sink);
  ProbeSpec spec = probe_of(1, server.url(), interval_ms, kPatientMs);
  spec.http().keepalive = keepalive;
  REQUIRE(scheduler.set_probes({spec}));
  REQUIRE(sink.wait_for_results(count));
  scheduler.stop();
  auto results = sink.results();
  results.resize(count);
  return results;
}

constexpr std::int64_t kNineTimeoutMs = 20'000;

// Of one attempt at a name with nine addresses, of which only 127.0.0.1 can be somebody's.
ProbeResult result_at_nine_addresses(int port) {
  const TestNameServer names([](const std::string&) { return DnsReply::kSeveral; });
  const std::string url = "http://nine.test:" + std::to_string(port) + "/";
  return probe_once(probe_of(1, url, 60'000, kNineTimeoutMs), names.address());
}

bool is_quick(const ProbeResult& result) {
  return result.done.boot_ns - result.sent.boot_ns < kNineTimeoutMs * kNsPerMs / 4;
}

TEST_CASE("addresses that refuse are passed over at once, however many there are") {
  const TestServer server(keeps_open());
  const ProbeResult result = result_at_nine_addresses(server.port());
  CHECK(result.outcome == ProbeOutcome::kGood);
  CHECK(result.remote_address == "127.0.0.1");
  CHECK(is_quick(result));
}

TEST_CASE("when each address refuses or cannot be reached, the attempt ends at once") {
  const ProbeResult result = result_at_nine_addresses(refused_port());
  CHECK(result.outcome == ProbeOutcome::kBad);
  CHECK(result.phase == ProbePhase::kConnect);
  CHECK(is_quick(result));
}

TEST_CASE("a kept connection serves attempt after attempt") {
  const TestServer server(keeps_open());
  const auto results = results_with(server, Keepalive::kKept, 5);
  for (std::size_t i = 0; i < results.size(); ++i) {
    CHECK(results[i].outcome == ProbeOutcome::kGood);
    CHECK(results[i].reused == (i > 0));
    CHECK((results[i].durations.connect_ns > 0) == (i == 0));
  }
  CHECK(server.connections() == 1);
}

TEST_CASE("a connection that the server closed meanwhile is replaced without a failure") {
  const TestServer server(keeps_open(2));
  for (const ProbeResult& result : results_with(server, Keepalive::kKept, 6)) {
    CHECK(result.outcome == ProbeOutcome::kGood);
  }
  CHECK(server.connections() >= 3);
}

TEST_CASE("both: an exchange on the kept connection and one on a fresh one, both good") {
  const TestServer server(keeps_open());
  for (const ProbeResult& result : results_with(server, Keepalive::kBoth, 4)) {
    CHECK(result.outcome == ProbeOutcome::kGood);
    CHECK_FALSE(result.reused);
  }
  CHECK(server.connections() >= 5);
}

TEST_CASE("both: a server that takes no fresh connections is bad although the kept one works") {
  std::atomic<int> connections = 0;
  const TestServer server([&](const TestServer::Connection& connection) {
    if (++connections == 1) keeps_open()(connection);
  });
  // So long that a busy machine is not late enough to doubt what it saw.
  const auto results = results_with(server, Keepalive::kBoth, 2, 2500);
  for (const ProbeResult& result : results) {
    CHECK(result.outcome == ProbeOutcome::kBad);
    CHECK(result.reason.starts_with("on a fresh connection: "));
  }
}

TEST_CASE("a redirected POST becomes a GET, its body stays behind, and the next attempt posts") {
  std::vector<std::string> seen;
  std::mutex mutex;
  {
    const TestServer server([&](const TestServer::Connection& connection) {
      const std::string request = connection.request();
      {
        const std::lock_guard lock(mutex);
        seen.push_back(request.substr(0, request.find(" HTTP")));
      }
      const bool moved = request.starts_with("POST /");
      connection.send(moved ? http_answer(302, "", "Location: /after\r\n") : http_answer(200, ""));
    });
    const SystemClock clock;
    ProbeBoard board;
    RecordingSink sink;
    ProbeScheduler scheduler(clock, board, sink);
    ProbeSpec spec = probe_of(1, server.url("/form"), 100, kPatientMs);
    spec.http().method = "POST";
    spec.http().body = "a=b";
    spec.http().follow_redirects = true;
    REQUIRE(scheduler.set_probes({spec}));
    REQUIRE(sink.wait_for_results(2));
    CHECK(sink.results()[0].outcome == ProbeOutcome::kGood);
    CHECK(sink.results()[0].redirects == 1);
  }
  REQUIRE(seen.size() >= 4);
  CHECK(seen[0] == "POST /form");
  CHECK(seen[1] == "GET /after");
  CHECK(seen[2] == "POST /form");
}

TEST_CASE("a body is never redirected to another origin") {
  const TestServer other(answer_with(http_answer(200, "")));
  const TestServer server(
      answer_with(http_answer(307, "", "Location: " + other.url("/") + "\r\n")));
  ProbeSpec spec = probe_of(1, server.url());
  spec.http().method = "POST";
  spec.http().body = "secret";
  spec.http().follow_redirects = true;
  const ProbeResult result = probe_once(spec);
  CHECK(result.outcome == ProbeOutcome::kBad);
  CHECK(result.reason == "redirected with its body to another origin");
  CHECK(other.connections() == 0);
}

TEST_CASE("authorization goes to the URL's own origin only, and is in no reason") {
  std::string first;
  std::string second;
  {
    const TestServer other([&](const TestServer::Connection& connection) {
      second = connection.request();
      connection.send(http_answer(500, ""));
    });
    const TestServer server([&](const TestServer::Connection& connection) {
      first = connection.request();
      connection.send(http_answer(302, "", "Location: " + other.url("/") + "\r\n"));
    });
    ProbeSpec spec = probe_of(1, server.url());
    spec.http().authorization = "Bearer s3cret";
    spec.http().follow_redirects = true;
    CHECK_FALSE(probe_once(spec).reason.contains("s3cret"));
  }
  CHECK(first.contains("Authorization: Bearer s3cret\r\n"));
  CHECK_FALSE(second.contains("s3cret"));
}

TEST_CASE("a proxy is asked for the whole URL, and the target's name is not looked up here") {
  std::string seen;
  {
    const TestServer proxy([&](const TestServer::Connection& connection) {
      seen = connection.request();
      connection.send(http_answer(200, "through"));
    });
    ProbeSpec spec = probe_of(1, "http://nowhere.invalid/x");
    spec.http().proxy = proxy.url();
    spec.http().body_contains = "through";
    CHECK(probe_once(spec).reason == "");
  }
  CHECK(seen.starts_with("GET http://nowhere.invalid/x HTTP/1.1\r\n"));
}

}  // namespace
}  // namespace exporter
