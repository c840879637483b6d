#include "exporter/probes/http_verdict.h"

#include <cerrno>

#include "tests/support/doctest.h"

namespace exporter {
namespace {

TransferError error_of(CURLcode code) {
  TransferError error;
  error.code = code;
  error.address = "192.0.2.1";
  error.place = "connecting";
  error.detail = "libcurl's words";
  return error;
}

TEST_CASE("a failure is filed under the phase it happened in") {
  const auto phase = [](CURLcode code) { return judge_error(error_of(code), 100).phase; };
  CHECK(phase(CURLE_COULDNT_CONNECT) == ProbePhase::kConnect);
  CHECK(phase(CURLE_PEER_FAILED_VERIFICATION) == ProbePhase::kTls);
  CHECK(phase(CURLE_SSL_CONNECT_ERROR) == ProbePhase::kTls);
  CHECK(phase(CURLE_GOT_NOTHING) == ProbePhase::kHttp);
  CHECK(phase(CURLE_RECV_ERROR) == ProbePhase::kHttp);
  CHECK(phase(CURLE_OPERATION_TIMEDOUT) == ProbePhase::kTimeout);
}

TEST_CASE("a target that refuses, resets or is silent is at fault") {
  for (const int number : {ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ECONNRESET}) {
    CAPTURE(number);
    TransferError error = error_of(CURLE_COULDNT_CONNECT);
    error.connect_errno = number;
    CHECK(judge_error(error, 100).cause == UnknownCause::kNone);
  }
  CHECK(judge_error(error_of(CURLE_OPERATION_TIMEDOUT), 100).cause == UnknownCause::kNone);
}

TEST_CASE("without a route to any address the target is not at fault") {
  for (const CURLcode code : {CURLE_COULDNT_CONNECT, CURLE_OPERATION_TIMEDOUT, CURLE_RECV_ERROR}) {
    TransferError error = error_of(code);
    error.some_route = false;
    error.all_routes = false;
    const Failure failure = judge_error(error, 100);
    CHECK(failure.cause == UnknownCause::kNoRoute);
    CHECK(failure.reason == "no route to 192.0.2.1");
  }
}

TEST_CASE("a route to one of several addresses is enough to hold a failure against the target") {
  TransferError error = error_of(CURLE_COULDNT_CONNECT);
  error.connect_errno = ENETUNREACH;
  error.all_routes = false;
  CHECK(judge_error(error, 100).cause == UnknownCause::kNone);
}

TEST_CASE("shortages of this machine are not the target's fault") {
  TransferError error = error_of(CURLE_COULDNT_CONNECT);
  error.socket_errno = EMFILE;
  Failure failure = judge_error(error, 100);
  CHECK(failure.cause == UnknownCause::kLocal);
  CHECK(failure.reason == "192.0.2.1: Too many open files");
  error.socket_errno = 0;
  error.connect_errno = EADDRNOTAVAIL;
  CHECK(judge_error(error, 100).cause == UnknownCause::kLocal);
  error.all_routes = false;
  CHECK(judge_error(error, 100).cause == UnknownCause::kNone);
  CHECK(judge_error(error_of(CURLE_SSL_CACERT_BADFILE), 100).cause == UnknownCause::kLocal);
  CHECK(judge_error(error_of(CURLE_OUT_OF_MEMORY), 100).cause == UnknownCause::kLocal);
}

TEST_CASE("an answer is judged by status, then body, then certificate") {
  HttpTarget target;
  target.expected_status = {{200, 299}, {404, 404}};
  target.certificate_days = 7;
  const Failure wrong_body{.phase = ProbePhase::kContent, .reason = "wrong"};
  constexpr std::int64_t kNow = 1'700'000'000;
  constexpr std::int64_t kDay = 86'400;
  const auto judge = [&](int status, bool body, std::int64_t days) {
    const auto fault = body ? std::nullopt : std::optional(wrong_body);
    return judge_answer(target, {status, fault, kNow + days * kDay}, kNow);
  };
  CHECK_FALSE(judge(200, true, 7));
  CHECK_FALSE(judge(404, true, 100));
  CHECK(judge(301, false, 1)->reason == "status 301 is not among 200-299, 404");
  CHECK(judge(200, false, 1)->phase == ProbePhase::kContent);
  const auto expiring = judge(200, true, 6);
  REQUIRE(expiring);
  CHECK(expiring->phase == ProbePhase::kTls);
  CHECK(expiring->reason == "the certificate expires in 6 days, fewer than 7");
  CHECK(judge_answer(target, {200, std::nullopt, std::nullopt}, kNow)->reason ==
        "no certificate was seen");
  target.certificate_days = 0;
  CHECK_FALSE(judge_answer(target, {200, std::nullopt, std::nullopt}, kNow));
}

}  // namespace
}  // namespace exporter
