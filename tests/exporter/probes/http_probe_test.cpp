// One attempt each against a real server that behaves in one way.
#include <chrono>
#include <string>
#include <thread>

#include "tests/exporter/probes/probe_run.h"
#include "tests/exporter/probes/test_server.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

using Connection = TestServer::Connection;

TEST_CASE("an expected answer is good and says how it came about") {
  const TestServer server(answer_with(http_answer(200, "hello")));
  const ProbeResult result = probe_once(probe_of(7, server.url()));
  CHECK(result.outcome == ProbeOutcome::kGood);
  CHECK(result.phase == ProbePhase::kNone);
  CHECK(result.cause == UnknownCause::kNone);
  CHECK(result.reason.empty());
  CHECK(result.probe_id == 7);
  CHECK(result.seq == 1);
  CHECK(result.http_status == 200);
  CHECK(result.http_version_tenths == 11);
  CHECK(result.content_length == 5);
  CHECK(result.remote_address == "127.0.0.1");
  CHECK_FALSE(result.tls);
  CHECK(result.redirects == 0);
  const PhaseDurations& spent = result.durations;
  CHECK(spent.resolve_ns == 0);
  CHECK(spent.connect_ns > 0);
  CHECK(spent.tls_ns == 0);
  CHECK(spent.processing_ns > 0);
  const std::int64_t total_ns = result.done.boot_ns - result.sent.boot_ns;
  CHECK(spent.connect_ns + spent.processing_ns + spent.transfer_ns <= total_ns);
}

TEST_CASE("the request is plain: the URL's path, its host, our name, no proxy of the environment") {
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  std::string seen;
  {
    const TestServer server([&](const Connection& connection) {
      seen = connection.request();
      connection.send(http_answer(204, ""));
    });
    ProbeSpec spec = probe_of(1, server.url("/health?full=1"));
    spec.http().headers = {"X-Team: ops"};
    CHECK(probe_once(spec).outcome == ProbeOutcome::kGood);
  }
  unsetenv("http_proxy");
  CHECK(seen.starts_with("GET /health?full=1 HTTP/1.1\r\n"));
  CHECK(seen.contains("Host: 127.0.0.1:"));
  CHECK(seen.contains("User-Agent: fournines/"));
  CHECK(seen.contains("X-Team: ops\r\n"));
}

TEST_CASE("HEAD asks for no body") {
  std::string seen;
  {
    const TestServer server([&](const Connection& connection) {
      seen = connection.request();
      connection.send("HTTP/1.1 200 x\r\nContent-Length: 1000\r\n\r\n");
      connection.wait();
    });
    ProbeSpec spec = probe_of(1, server.url());
    spec.http().method = "HEAD";
    const ProbeResult result = probe_once(spec);
    CHECK(result.outcome == ProbeOutcome::kGood);
    CHECK(result.content_length == 1000);
  }
  CHECK(seen.starts_with("HEAD / "));
}

TEST_CASE("an answer with an unexpected status is bad in phase http") {
  const TestServer server(answer_with(http_answer(500, "oops")));
  const ProbeResult result = probe_once(probe_of(1, server.url()));
  CHECK(result.outcome == ProbeOutcome::kBad);
  CHECK(result.phase == ProbePhase::kHttp);
  CHECK(result.http_status == 500);
  CHECK(result.reason == "status 500 is not among 200-399");
}

TEST_CASE("a refused connection is bad in phase connect") {
  const ProbeResult result =
      probe_once(probe_of(1, "http://127.0.0.1:" + std::to_string(refused_port()) + "/"));
  CHECK(result.outcome == ProbeOutcome::kBad);
  CHECK(result.phase == ProbePhase::kConnect);
  CHECK(result.http_status == 0);
  CHECK(result.reason == "127.0.0.1: Connection refused");
  CHECK(result.remote_address == "127.0.0.1");
}

TEST_CASE("a connection that closes in the middle of the answer is bad in phase http") {
  const TestServer server(
      answer_with("HTTP/1.1 200 x\r\nContent-Length: 100\r\n\r\nonly this much"));
  const ProbeResult result = probe_once(probe_of(1, server.url()));
  CHECK(result.outcome == ProbeOutcome::kBad);
  CHECK(result.phase == ProbePhase::kHttp);
  CHECK_FALSE(result.reason.empty());
}

TEST_CASE("a connection that closes without an answer is bad in phase http") {
  const TestServer server([](const Connection& connection) { connection.request(); });
  const ProbeResult result = probe_once(probe_of(1, server.url()));
  CHECK(result.outcome == ProbeOutcome::kBad);
  CHECK(result.phase == ProbePhase::kHttp);
}

TEST_CASE("an answer that is no HTTP is bad in phase http") {
  const TestServer server(answer_with("SSH-2.0-OpenSSH_9.2\r\n"));
  const ProbeResult result = probe_once(probe_of(1, server.url()));
  CHECK(result.outcome == ProbeOutcome::kBad);
  CHECK(result.phase == ProbePhase::kHttp);
}

TEST_CASE("a server that never answers is bad by timeout, and the reason names the place") {
  const TestServer server([](const Connection& connection) { connection.wait(); });
  const ProbeResult result = probe_once(probe_of(1, server.url(), 60'000, 1000));
  CHECK(result.outcome == ProbeOutcome::kBad);
  CHECK(result.phase == ProbePhase::kTimeout);
  CHECK(result.reason == "nothing more came within 1000 ms, while waiting for the answer");
  CHECK(result.done.boot_ns - result.sent.boot_ns >= 1'000'000'000);
  CHECK(result.durations.processing_ns > 0);
  CHECK(result.durations.transfer_ns == 0);
}

TEST_CASE("an answer that drips beyond the deadline is bad by timeout") {
  const TestServer server([](const Connection& connection) {
    connection.request();
    connection.send("HTTP/1.1 200 x\r\nContent-Length: 100000\r\n\r\n");
    while (connection.send(".")) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  });
  const ProbeResult result = probe_once(probe_of(1, server.url(), 60'000, 1000));
  CHECK(result.outcome == ProbeOutcome::kBad);
  CHECK(result.phase == ProbePhase::kTimeout);
  CHECK(result.reason.ends_with("while reading the answer"));
  CHECK(result.http_status == 200);
}

TEST_CASE("of a large body one megabyte is read, then the answer is judged") {
  const TestServer server([](const Connection& connection) {
    connection.request();
    connection.send("HTTP/1.1 200 x\r\nContent-Length: 1000000000\r\n\r\n");
    const std::string chunk(64 * 1024, 'x');
    while (connection.send(chunk)) continue;
  });
  CHECK(probe_once(probe_of(1, server.url())).outcome == ProbeOutcome::kGood);
}

TEST_CASE("a redirection that is not followed is an answer like any other") {
  const TestServer server(answer_with(http_answer(302, "", "Location: /elsewhere\r\n")));
  const ProbeResult result = probe_once(probe_of(1, server.url()));
  CHECK(result.outcome == ProbeOutcome::kGood);
  CHECK(result.http_status == 302);
  CHECK(result.redirects == 0);
  CHECK(server.connections() == 1);
}

TEST_CASE("redirections are followed when asked for, and the last answer is judged") {
  const TestServer server([](const Connection& connection) {
    const bool first = connection.request().starts_with("GET / ");
    connection.send(first ? http_answer(301, "", "Location: /there\r\n") : http_answer(503, ""));
  });
  ProbeSpec spec = probe_of(1, server.url());
  spec.http().follow_redirects = true;
  const ProbeResult result = probe_once(spec);
  CHECK(result.outcome == ProbeOutcome::kBad);
  CHECK(result.http_status == 503);
  CHECK(result.redirects == 1);
}

TEST_CASE("a hop that fails leaves nothing of the answers before it") {
  const TestServer server(answer_with(http_answer(
      302, "", "Location: http://127.0.0.1:" + std::to_string(refused_port()) + "\r\n")));
  ProbeSpec spec = probe_of(1, server.url());
  spec.http().follow_redirects = true;
  const ProbeResult result = probe_once(spec);
  CHECK(result.outcome == ProbeOutcome::kBad);
  CHECK(result.phase == ProbePhase::kConnect);
  CHECK(result.redirects == 1);
  CHECK(result.http_status == 0);
  CHECK(result.http_version_tenths == 0);
  CHECK(result.content_length == std::nullopt);
  CHECK(result.durations.processing_ns > 0);
}

TEST_CASE("a loop of redirections is bad after ten") {
  const TestServer server(answer_with(http_answer(302, "", "Location: /\r\n")));
  ProbeSpec spec = probe_of(1, server.url());
  spec.http().follow_redirects = true;
  const ProbeResult result = probe_once(spec);
  CHECK(result.outcome == ProbeOutcome::kBad);
  CHECK(result.phase == ProbePhase::kHttp);
  CHECK(result.redirects == 10);
  CHECK(server.connections() == 11);
}

TEST_CASE("headers of the configuration do not go to another origin") {
  std::string seen;
  {
    const TestServer other([&](const Connection& connection) {
      seen = connection.request();
      connection.send(http_answer(200, ""));
    });
    const TestServer server(
        answer_with(http_answer(302, "", "Location: " + other.url("/x") + "\r\n")));
    ProbeSpec spec = probe_of(1, server.url());
    spec.http().follow_redirects = true;
    spec.http().headers = {"Authorization: Bearer secret"};
    CHECK(probe_once(spec).outcome == ProbeOutcome::kGood);
  }
  CHECK(seen.starts_with("GET /x "));
  CHECK_FALSE(seen.contains("secret"));
}

TEST_CASE("a redirection to a metadata address or another protocol is bad, not followed") {
  for (const char* location : {"http://169.254.169.254/latest", "file:///etc/passwd"}) {
    CAPTURE(std::string(location));
    const TestServer server(
        answer_with(http_answer(302, "", "Location: " + std::string(location) + "\r\n")));
    ProbeSpec spec = probe_of(1, server.url());
    spec.http().follow_redirects = true;
    const ProbeResult result = probe_once(spec);
    CHECK(result.outcome == ProbeOutcome::kBad);
    CHECK(result.phase == ProbePhase::kHttp);
    CHECK(result.reason.starts_with("redirected to "));
  }
}

TEST_CASE("the wanted text is found wherever it stands in the body") {
  const auto outcome = [](std::vector<std::string> pieces, const std::string& wanted) {
    const TestServer server([&](const Connection& connection) {
      connection.request();
      connection.send("HTTP/1.1 200 x\r\nConnection: close\r\n\r\n");
      for (const std::string& piece : pieces) {
        connection.send(piece);
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    });
    ProbeSpec spec = probe_of(1, server.url());
    spec.http().body_contains = wanted;
    return probe_once(spec);
  };
  CHECK(outcome({"status: ok"}, "ok").outcome == ProbeOutcome::kGood);
  CHECK(outcome({"status: ", "o", "k", " then more"}, "s: ok t").outcome == ProbeOutcome::kGood);
  CHECK(outcome({std::string(300'000, 'a') + "needle"}, "needle").outcome == ProbeOutcome::kGood);
  const ProbeResult missing = outcome({"status: degraded"}, "ok");
  CHECK(missing.outcome == ProbeOutcome::kBad);
  CHECK(missing.phase == ProbePhase::kContent);
  CHECK(missing.content_length == std::nullopt);
  CHECK(outcome({""}, "ok").phase == ProbePhase::kContent);
}

TEST_CASE("text beyond the first megabyte is not looked for") {
  const TestServer server(answer_with(http_answer(200, std::string(kMaxProbedBytes, 'x') + "ok")));
  ProbeSpec spec = probe_of(1, server.url());
  spec.http().body_contains = "ok";
  CHECK(probe_once(spec).phase == ProbePhase::kContent);
}

}  // namespace
}  // namespace exporter
