#include "exporter/probes/resolver.h"

#include <algorithm>
#include <string>

#include "tests/exporter/probes/probe_run.h"
#include "tests/exporter/probes/test_name_server.h"
#include "tests/exporter/probes/test_server.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

// The reply to questions about the target's name, and to those about the root.
TestNameServer::Handler reply(DnsReply to_name, DnsReply to_root = DnsReply::kRoot) {
  return [=](const std::string& name) { return name.empty() ? to_root : to_name; };
}

// A quarter of the timeout is for the first name server, half for the first question.
ProbeResult probe_name(const std::string& name_servers, int port = 80,
                       std::int64_t timeout_ms = 4000) {
  const std::string url = "http://web.example:" + std::to_string(port) + "/";
  return probe_once(probe_of(1, url, 60'000, timeout_ms), name_servers);
}

bool asked_about_root(const TestNameServer& names) {
  const auto questions = names.questions();
  return std::ranges::find(questions, "") != questions.end();
}

TEST_CASE("a name that resolves is probed at its address, and the look-up is timed") {
  const TestNameServer names(reply(DnsReply::kAddress));
  std::string seen;
  {
    const TestServer server([&](const TestServer::Connection& connection) {
      seen = connection.request();
      connection.send(http_answer(200, ""));
    });
    const ProbeResult result = probe_name(names.address(), server.port());
    CHECK(result.outcome == ProbeOutcome::kGood);
    CHECK(result.remote_address == "127.0.0.1");
    CHECK(result.durations.resolve_ns > 0);
  }
  CHECK(seen.contains("Host: web.example:"));
  CHECK_FALSE(asked_about_root(names));
}

TEST_CASE("a name is probed at the address found here however it is written") {
  const TestNameServer names(reply(DnsReply::kAddress));
  const TestServer server(answer_with(http_answer(200, "")));
  for (const std::string host : {"Web.EXAMPLE", "web.example.", "w_b.example", "single"}) {
    CAPTURE(host);
    const ProbeResult result = probe_once(
        probe_of(1, "http://" + host + ":" + std::to_string(server.port())), names.address());
    CHECK(result.outcome == ProbeOutcome::kGood);
    CHECK(result.reason == "");
  }
}

TEST_CASE("every attempt asks anew") {
  const TestNameServer names(reply(DnsReply::kAddress));
  const TestServer server(answer_with(http_answer(200, "")));
  const SystemClock clock;
  ProbeBoard board;
  RecordingSink sink;
  ProbeScheduler scheduler(clock, board, sink, names.address());
  REQUIRE(scheduler.set_probes(
      {probe_of(1, "http://web.example:" + std::to_string(server.port()), 100)}));
  REQUIRE(sink.wait_for_results(3));
  CHECK(names.questions().size() >= 3);
}

TEST_CASE("a name that does not exist is bad in phase resolve") {
  const TestNameServer names(reply(DnsReply::kNoSuchName));
  const ProbeResult result = probe_name(names.address());
  CHECK(result.outcome == ProbeOutcome::kBad);
  CHECK(result.phase == ProbePhase::kResolve);
  CHECK(result.reason.starts_with("web.example: "));
  CHECK(result.durations.resolve_ns > 0);
}

TEST_CASE("a name that fails at a resolver that works is bad") {
  for (const DnsReply failure : {DnsReply::kServerFailure, DnsReply::kRefused}) {
    const TestNameServer names(reply(failure));
    const ProbeResult result = probe_name(names.address());
    CHECK(result.outcome == ProbeOutcome::kBad);
    CHECK(result.phase == ProbePhase::kResolve);
  }
}

TEST_CASE("silence about one name from a resolver that works is bad") {
  const TestNameServer names(reply(DnsReply::kSilence));
  const ProbeResult result = probe_name(names.address(), 80, 2000);
  CHECK(result.outcome == ProbeOutcome::kBad);
  CHECK(result.phase == ProbePhase::kTimeout);
  CHECK(result.reason == "web.example: no address within 2000 ms");
}

TEST_CASE("a resolver that answers nothing at all makes the attempt unknown") {
  const TestNameServer names(reply(DnsReply::kSilence, DnsReply::kSilence));
  const ProbeResult result = probe_name(names.address(), 80, 400);
  CHECK(result.outcome == ProbeOutcome::kUnknown);
  CHECK(result.cause == UnknownCause::kNoResolver);
  CHECK(asked_about_root(names));
}

TEST_CASE("a resolver that fails at everything makes the attempt unknown") {
  const TestNameServer names(reply(DnsReply::kServerFailure, DnsReply::kServerFailure));
  const ProbeResult result = probe_name(names.address());
  CHECK(result.outcome == ProbeOutcome::kUnknown);
  CHECK(result.cause == UnknownCause::kNoResolver);
}

TEST_CASE("the second name server answers when the first is silent") {
  const TestNameServer silent(reply(DnsReply::kSilence, DnsReply::kSilence));
  const TestNameServer names(reply(DnsReply::kAddress));
  const TestServer server(answer_with(http_answer(200, "")));
  const ProbeResult result = probe_name(silent.address() + "," + names.address(), server.port());
  CHECK(result.outcome == ProbeOutcome::kGood);
}

TEST_CASE("a silent name server delays no other probe, nor the stop") {
  const TestNameServer names(reply(DnsReply::kSilence, DnsReply::kSilence));
  const TestServer server(answer_with(http_answer(200, "")));
  const SystemClock clock;
  ProbeBoard board;
  RecordingSink sink;
  ProbeScheduler scheduler(clock, board, sink, names.address());
  REQUIRE(scheduler.set_probes(
      {probe_of(1, "http://web.example/", 60'000), probe_of(2, server.url(), 50)}));
  REQUIRE(sink.wait_until([](const auto&, const auto& results) { return results.size() >= 5; }));
  CHECK(sink.results_of(1).empty());
  scheduler.stop();
  const auto stopped = sink.results_of(1);
  REQUIRE(stopped.size() == 1);
  CHECK(stopped[0].cause == UnknownCause::kStopped);
}

TEST_CASE("localhost needs no name server") {
  const TestServer server(answer_with(http_answer(200, "")));
  const TestNameServer silent(reply(DnsReply::kSilence, DnsReply::kSilence));
  const ProbeResult result = probe_once(
      probe_of(1, "http://localhost:" + std::to_string(server.port())), silent.address());
  CHECK(result.outcome == ProbeOutcome::kGood);
  CHECK(silent.questions().empty());
}

TEST_CASE("a name that leads to a metadata address is not talked to") {
  const TestNameServer names(reply(DnsReply::kMetadata));
  const ProbeResult result = probe_name(names.address());
  CHECK(result.outcome == ProbeOutcome::kBad);
  CHECK(result.phase == ProbePhase::kResolve);
  CHECK(result.reason == "web.example is a cloud metadata address, which is not allowed");
}

}  // namespace
}  // namespace exporter
