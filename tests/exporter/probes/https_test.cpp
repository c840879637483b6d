#include <csignal>
#include <string>

#include "tests/exporter/probes/probe_run.h"
#include "tests/exporter/probes/test_server.h"
#include "tests/exporter/probes/test_tls.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

ProbeSpec https_probe(const TestServer& server, std::string ca_file) {
  ProbeSpec spec = probe_of(1, "https://127.0.0.1:" + std::to_string(server.port()) + "/");
  spec.http().ca_file = std::move(ca_file);
  return spec;
}

// The server's writes to a connection that the probe closed.
const bool kNoSigpipe = std::signal(SIGPIPE, SIG_IGN) != SIG_ERR;

TEST_CASE("a trusted certificate is good and its dates and the TLS version are told") {
  CHECK(kNoSigpipe);
  const TestCertificate certificate(90);
  const TestServer server(certificate.answer_with(http_answer(200, "hello")));
  const ProbeResult result = probe_once(https_probe(server, certificate.ca_file()));
  CHECK(result.outcome == ProbeOutcome::kGood);
  CHECK(result.reason.empty());
  CHECK(result.tls);
  CHECK(result.tls_version == "TLS 1.3");
  CHECK(result.certificate_expiry_unix == certificate.expiry_unix());
  CHECK(result.chain_expiry_unix == certificate.expiry_unix());
  CHECK(result.durations.tls_ns > 0);
}

TEST_CASE("a certificate nobody vouches for is bad in phase tls") {
  const TestCertificate certificate(90);
  const TestServer server(certificate.answer_with(http_answer(200, "")));
  const TestCertificate another(90);
  const ProbeResult result = probe_once(https_probe(server, another.ca_file()));
  CHECK(result.outcome == ProbeOutcome::kBad);
  CHECK(result.phase == ProbePhase::kTls);
  CHECK(result.reason.contains("certificate"));
  CHECK(result.http_status == 0);
  CHECK_FALSE(result.tls);
}

TEST_CASE("an expired certificate is bad in phase tls") {
  const TestCertificate certificate(-2);
  const TestServer server(certificate.answer_with(http_answer(200, "")));
  const ProbeResult result = probe_once(https_probe(server, certificate.ca_file()));
  CHECK(result.outcome == ProbeOutcome::kBad);
  CHECK(result.phase == ProbePhase::kTls);
  CHECK(result.reason.contains("expired"));
}

TEST_CASE("a certificate that expires sooner than wanted is bad, although it is valid") {
  const TestCertificate certificate(5);
  const TestServer server(certificate.answer_with(http_answer(200, "")));
  ProbeSpec spec = https_probe(server, certificate.ca_file());
  spec.http().certificate_days = 7;
  const ProbeResult result = probe_once(spec);
  CHECK(result.outcome == ProbeOutcome::kBad);
  CHECK(result.phase == ProbePhase::kTls);
  CHECK(result.reason == "the certificate expires in 5 days, fewer than 7");
  spec.http().certificate_days = 5;
  CHECK(probe_once(spec).outcome == ProbeOutcome::kGood);
}

TEST_CASE("every attempt verifies the certificate anew") {
  const TestCertificate certificate(90);
  const TestServer server(certificate.answer_with(http_answer(200, "")));
  const SystemClock clock;
  ProbeBoard board;
  RecordingSink sink;
  ProbeScheduler scheduler(clock, board, sink);
  ProbeSpec spec = https_probe(server, certificate.ca_file());
  spec.interval_ms = 200;
  REQUIRE(scheduler.set_probes({spec}));
  REQUIRE(sink.wait_for_results(3));
  scheduler.stop();
  for (const ProbeResult& result : sink.results()) {
    if (result.outcome == ProbeOutcome::kGood) {
      CHECK(result.certificate_expiry_unix == certificate.expiry_unix());
    }
  }
}

TEST_CASE("a server that does not speak TLS is bad in phase tls") {
  const TestCertificate certificate(90);
  const TestServer server([](const TestServer::Connection& connection) {
    connection.send(http_answer(400, ""));
    connection.wait();
  });
  const ProbeResult result = probe_once(https_probe(server, certificate.ca_file()));
  CHECK(result.outcome == ProbeOutcome::kBad);
  CHECK(result.phase == ProbePhase::kTls);
}

TEST_CASE("silence in the handshake is bad by timeout and the reason says where") {
  const TestCertificate certificate(90);
  const TestServer server([](const TestServer::Connection& connection) { connection.wait(); });
  ProbeSpec spec = https_probe(server, certificate.ca_file());
  spec.timeout_ms = 1000;
  const ProbeResult result = probe_once(spec);
  CHECK(result.phase == ProbePhase::kTimeout);
  CHECK(result.reason == "nothing more came within 1000 ms, while in the TLS handshake");
}

TEST_CASE("a CA file that is missing is our trouble, not the target's") {
  const TestCertificate certificate(90);
  const TestServer server(certificate.answer_with(http_answer(200, "")));
  const ProbeResult result = probe_once(https_probe(server, "/nonexistent/ca.pem"));
  CHECK(result.outcome == ProbeOutcome::kUnknown);
  CHECK(result.cause == UnknownCause::kLocal);
}

}  // namespace
}  // namespace exporter
