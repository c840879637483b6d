// One attempt of each kind that is not HTTP, against servers and programs of the test's own.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <thread>

#include "tests/exporter/probes/probe_run.h"
#include "tests/exporter/probes/test_name_server.h"
#include "tests/exporter/probes/test_server.h"
#include "tests/exporter/probes/test_tls.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

ProbeSpec spec_of(ProbeTarget target, std::int64_t timeout_ms = 20'000) {
  ProbeSpec spec;
  spec.id = 1;
  spec.name = "probe-1";
  spec.interval_ms = 60'000;  // see probe_of()
  spec.timeout_ms = timeout_ms;
  spec.target = std::move(target);
  return spec;
}

StreamTarget stream_to(int port) {
  StreamTarget target;
  target.host = "127.0.0.1";
  target.port = static_cast<std::uint16_t>(port);
  return target;
}

TestServer::Handler echo() {
  return [](const TestServer::Connection& connection) {
    char buffer[256];
    for (ssize_t got = 0; (got = recv(connection.fd(), buffer, sizeof buffer, 0)) > 0;) {
      connection.send({buffer, static_cast<std::size_t>(got)});
    }
  };
}

ExecTarget shell(const char* line) { return {.command = {"/bin/sh", "-c", line}}; }

TEST_CASE("a stream without dialogue is good once it is connected") {
  const TestServer server(echo());
  const ProbeResult result = probe_once(spec_of(stream_to(server.port())));
  CHECK(result.outcome == ProbeOutcome::kGood);
  CHECK(result.remote_address == "127.0.0.1");
  CHECK(result.durations.connect_ns > 0);
}

TEST_CASE("a dialogue is held, and what is missing is told") {
  const TestServer server(echo());
  StreamTarget target = stream_to(server.port());
  target.dialogue = {
      {.send = "hello 1"}, {.expect = "hello (\\d)", .send = "again \\1"}, {.expect = "^again 1$"}};
  CHECK(probe_once(spec_of(target)).outcome == ProbeOutcome::kGood);
  target.dialogue.back().expect = "^bye$";
  const ProbeResult result = probe_once(spec_of(target, 1000));
  CHECK(result.phase == ProbePhase::kTimeout);
  CHECK(
      result.reason.contains("waiting for a line that matches ^bye$, the last one was 'again 1'"));
}

TEST_CASE("a stream that ends before its time is bad content, a refused one a bad connection") {
  const TestServer closing([](const TestServer::Connection&) {});
  StreamTarget target = stream_to(closing.port());
  target.dialogue = {{.expect = "^220"}};
  ProbeResult result = probe_once(spec_of(target));
  CHECK(result.phase == ProbePhase::kContent);
  CHECK(result.reason.contains("the peer ended while waiting"));
  result = probe_once(spec_of(stream_to(refused_port())));
  CHECK(result.outcome == ProbeOutcome::kBad);
  CHECK(result.phase == ProbePhase::kConnect);
  CHECK(result.reason == "127.0.0.1: Connection refused");
  CHECK_FALSE(result.silent);
}

TEST_CASE("TLS is shaken, its certificate verified and dated") {
  const TestCertificate certificate(5);
  const TestServer server(certificate.answer_with("220 hello\r\n"));
  StreamTarget target = stream_to(server.port());
  target.tls = true;
  target.ca_file = certificate.ca_file();
  ProbeResult result = probe_once(spec_of(target));
  CHECK(result.outcome == ProbeOutcome::kGood);
  CHECK(result.tls_version == "TLS 1.3");
  CHECK(result.certificate_expiry_unix == certificate.expiry_unix());
  CHECK(result.certificate_sha256.size() == 64);
  CHECK(result.durations.tls_ns > 0);

  target.certificate_days = 7;
  result = probe_once(spec_of(target));
  CHECK(result.phase == ProbePhase::kTls);
  CHECK(result.reason.contains("fewer than 7"));

  target.certificate_days = 0;
  target.server_name = "other.example";
  result = probe_once(spec_of(target));
  CHECK(result.phase == ProbePhase::kTls);
  CHECK(result.reason.contains("certificate: "));
  target.verify = false;
  CHECK(probe_once(spec_of(target)).outcome == ProbeOutcome::kGood);
}

TEST_CASE("a missing CA file is ours") {
  const TestServer server(echo());
  StreamTarget target = stream_to(server.port());
  target.tls = true;
  target.ca_file = "/nonexistent/ca.pem";
  const ProbeResult result = probe_once(spec_of(target));
  CHECK(result.outcome == ProbeOutcome::kUnknown);
  CHECK(result.cause == UnknownCause::kLocal);
}

TEST_CASE("a unix socket is a stream too") {
  StreamTarget target;
  target.unix_socket = "/nonexistent/socket";
  const ProbeResult result = probe_once(spec_of(target));
  CHECK(result.phase == ProbePhase::kConnect);
  CHECK(result.reason == "/nonexistent/socket: No such file or directory");
}

TEST_CASE("a name server is judged by code and answers") {
  const TestNameServer names([](const std::string& name) {
    return name == "web.example" ? DnsReply::kAddress : DnsReply::kRefused;
  });
  DnsTarget target;
  target.host = "127.0.0.1";
  target.port = static_cast<std::uint16_t>(std::stoi(names.address().substr(10)));
  target.name = "web.example";
  target.answers_match = "127\\.0\\.0\\.1";
  ProbeResult result = probe_once(spec_of(target));
  CHECK(result.outcome == ProbeOutcome::kGood);
  REQUIRE(result.dns);
  CHECK(result.dns->answers == 1);
  target.answers_match = "192\\.0\\.2\\..*";
  result = probe_once(spec_of(target));
  CHECK(result.phase == ProbePhase::kContent);
  CHECK(result.pattern_failed);
  target.name = "other.example";
  result = probe_once(spec_of(target));
  CHECK(result.reason == "the answer is REFUSED");
  target.rcodes = {5};
  target.answers_match.clear();
  CHECK(probe_once(spec_of(target)).outcome == ProbeOutcome::kGood);
}

TEST_CASE("a program is judged by its exit code, and its first line is the reason") {
  CHECK(probe_once(spec_of(shell("exit 0"))).outcome == ProbeOutcome::kGood);
  ProbeResult result = probe_once(spec_of(shell("echo two disks; echo more; exit 2")));
  CHECK(result.phase == ProbePhase::kContent);
  CHECK(result.reason == "exit code 2: two disks");
  CHECK(result.local_count == 2);
  ExecTarget wanted = shell("exit 3");
  wanted.exit_codes = {0, 3};
  CHECK(probe_once(spec_of(wanted)).outcome == ProbeOutcome::kGood);
  CHECK(probe_once(spec_of(shell("kill -9 $$"))).reason == "ended by signal 9");
}

TEST_CASE("a program that does not end is killed with all that it started") {
  const ProbeResult result = probe_once(spec_of(shell("echo slow; sleep 60 & sleep 60"), 1000));
  CHECK(result.phase == ProbePhase::kTimeout);
  CHECK(result.reason == "did not end within 1000 ms: slow");
}

TEST_CASE("a program inherits neither descriptors nor blocked signals") {
  const ProbeResult result = probe_once(spec_of(shell(
      "ls /proc/self/fd | grep -qx 9 && exit 4; grep -q 'SigBlk:.*0000$' /proc/self/status")));
  CHECK(result.reason == "");
}

TEST_CASE("a program that is not there is a bad connection") {
  const ProbeResult result = probe_once(spec_of(ExecTarget{.command = {"/nonexistent/check"}}));
  CHECK(result.phase == ProbePhase::kConnect);
  CHECK(result.reason == "/nonexistent/check: No such file or directory");
}

TEST_CASE("local things are looked at by who can, and are unknown where nobody can") {
  const LocalTarget target{.kind = LocalKind::kUnit, .name = "nginx.service"};
  CHECK(probe_once(spec_of(target)).cause == UnknownCause::kLocal);
  const auto look = [&](Result<LocalState> found) {
    const SystemClock clock;
    ProbeBoard board;
    RecordingSink sink;
    ProbeScheduler scheduler(clock, board, sink, {}, [&](const LocalTarget&) { return found; });
    REQUIRE(scheduler.set_probes({spec_of(target)}));
    REQUIRE(sink.wait_for_results(1));
    return sink.results().front();
  };
  CHECK(look(LocalState{.good = true}).outcome == ProbeOutcome::kGood);
  const ProbeResult failed = look(LocalState{.good = false, .reason = "failed", .count = 3});
  CHECK(failed.outcome == ProbeOutcome::kBad);
  CHECK(failed.reason == "failed");
  CHECK(failed.local_count == 3);
  CHECK(look(fail(ErrorKind::kIo, "no bus")).cause == UnknownCause::kLocal);
}

TEST_CASE("an echo of this machine comes back, where an ICMP socket is allowed") {
  for (const char* host : {"127.0.0.1", "localhost"}) {
    const ProbeResult result = probe_once(spec_of(IcmpTarget{.host = host}));
    if (result.cause == UnknownCause::kLocal) {
      MESSAGE("skipped: " << result.reason);
      return;
    }
    CHECK(result.outcome == ProbeOutcome::kGood);
    CHECK(result.hop_limit > 0);
  }
}

TEST_CASE("a single attempt is made besides the others and told to its caller alone") {
  const TestServer server(answer_with(http_answer(200, "")));
  const SystemClock clock;
  ProbeBoard board;
  RecordingSink sink;
  ProbeScheduler scheduler(clock, board, sink);
  const auto result = scheduler.probe_once(probe_of(1, server.url()));
  REQUIRE(result);
  CHECK(result->outcome == ProbeOutcome::kGood);
  CHECK(sink.results().empty());
  ProbeSpec wrong = probe_of(1, "gopher://x/");
  CHECK(scheduler.probe_once(wrong).error().kind == ErrorKind::kInvalid);
  scheduler.stop();
  CHECK(scheduler.probe_once(probe_of(1, server.url())).error().kind == ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace exporter
