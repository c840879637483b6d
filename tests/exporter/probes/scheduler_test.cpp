#include "exporter/probes/scheduler.h"

#include <algorithm>
#include <set>

#include "tests/exporter/probes/probe_run.h"
#include "tests/exporter/probes/test_server.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

struct Run {
  SystemClock clock;
  ProbeBoard board;
  RecordingSink sink;
  ProbeScheduler scheduler{clock, board, sink};
};

TestServer::Handler silent() {
  return [](const TestServer::Connection& connection) { connection.wait(); };
}

TEST_CASE("attempts are due at whole intervals, also after twenty of them") {
  const TestServer server(answer_with(http_answer(200, "")));
  Run run;
  REQUIRE(run.scheduler.set_probes({probe_of(1, server.url(), 50)}));
  REQUIRE(run.sink.wait_for_results(21));
  run.scheduler.stop();
  std::int64_t first_due_ns = 0;
  std::int64_t before_ns = -1;
  for (const ProbeResult& result : run.sink.results()) {
    const std::int64_t due_ns = result.sent.boot_ns - result.late_ns;
    if (result.seq == 1) first_due_ns = due_ns;
    CHECK(result.late_ns >= 0);
    CHECK((due_ns - first_due_ns) % 50'000'000 == 0);
    CHECK(due_ns > before_ns);
    before_ns = due_ns;
  }
}

TEST_CASE("every attempt that was sent gives one result, in order") {
  const TestServer server(answer_with(http_answer(200, "")));
  Run run;
  REQUIRE(run.scheduler.set_probes({probe_of(1, server.url(), 25), probe_of(2, server.url(), 25)}));
  REQUIRE(run.sink.wait_for_results(20));
  run.scheduler.stop();
  const auto sent = run.sink.sent();
  CHECK(sent.size() == run.sink.results().size());
  for (const std::uint64_t id : {1U, 2U}) {
    std::uint64_t seq = 0;
    for (const ProbeResult& result : run.sink.results_of(id)) CHECK(result.seq == ++seq);
  }
  CHECK(std::ranges::is_sorted(sent, {}, [](const SentRecord& s) { return s.at.boot_ns; }));
}

TEST_CASE("a probe that hangs delays no other") {
  const TestServer hanging(silent());
  const TestServer server(answer_with(http_answer(200, "")));
  Run run;
  std::vector<ProbeSpec> specs = {probe_of(1, hanging.url(), 60'000)};
  for (std::uint64_t id = 2; id <= 6; ++id) specs.push_back(probe_of(id, server.url(), 50));
  REQUIRE(run.scheduler.set_probes(specs));
  REQUIRE(run.sink.wait_until([](const auto& sent, const auto& results) {
    const bool hangs = std::ranges::find(sent, 1U, &SentRecord::probe_id) != sent.end();
    std::set<std::uint64_t> twice;
    for (const auto& result : results) {
      if (result.seq >= 2) twice.insert(result.probe_id);
    }
    return hangs && twice.size() == 5;
  }));
  CHECK(run.sink.results_of(1).empty());
}

TEST_CASE("stopping ends attempts in flight as unknown, at once") {
  const TestServer server(silent());
  Run run;
  REQUIRE(run.scheduler.set_probes({probe_of(1, server.url(), 60'000)}));
  REQUIRE(run.sink.wait_for_sent(1));
  run.scheduler.stop();
  const auto results = run.sink.results();
  REQUIRE(results.size() == 1);
  CHECK(results[0].outcome == ProbeOutcome::kUnknown);
  CHECK(results[0].cause == UnknownCause::kStopped);
  CHECK(results[0].phase == ProbePhase::kNone);
  CHECK_FALSE(run.scheduler.set_probes({probe_of(1, server.url())}));
}

TEST_CASE("a new set of probes leaves those that did not change alone") {
  const TestServer hanging(silent());
  const TestServer server(answer_with(http_answer(200, "")));
  Run run;
  const ProbeSpec kept = probe_of(1, hanging.url(), 60'000);
  const ProbeSpec gone = probe_of(2, hanging.url(), 100'000);
  REQUIRE(run.scheduler.set_probes({kept, gone}));
  REQUIRE(run.sink.wait_for_sent(1));
  REQUIRE(run.scheduler.set_probes({probe_of(3, server.url(), 50), kept}));
  REQUIRE(run.sink.wait_until([](const auto&, const auto& results) {
    return std::ranges::count(results, 3U, &ProbeResult::probe_id) >= 3;
  }));
  CHECK(run.sink.results_of(1).empty());
  CHECK(run.sink.results_of(2).empty());
  run.scheduler.stop();
  CHECK(run.sink.results_of(1).size() == 1);
}

TEST_CASE("a probe that changed stops its attempt and begins anew") {
  const TestServer hanging(silent());
  const TestServer server(answer_with(http_answer(200, "")));
  Run run;
  REQUIRE(run.scheduler.set_probes({probe_of(1, hanging.url(), 60'000)}));
  REQUIRE(run.sink.wait_for_sent(1));
  REQUIRE(run.scheduler.set_probes({probe_of(1, server.url(), 60'000)}));
  REQUIRE(run.sink.wait_for_results(2));
  const auto results = run.sink.results();
  CHECK(results[0].cause == UnknownCause::kStopped);
  CHECK(results[1].outcome == ProbeOutcome::kGood);
}

TEST_CASE("without probes nothing is sent any more") {
  const TestServer server(answer_with(http_answer(200, "")));
  Run run;
  CHECK(run.scheduler.set_probes({}));
  REQUIRE(run.scheduler.set_probes({probe_of(1, server.url(), 25)}));
  REQUIRE(run.sink.wait_for_results(2));
  REQUIRE(run.scheduler.set_probes({}));
  run.scheduler.stop();
  CHECK(run.sink.sent().size() == run.sink.results().size());
}

TEST_CASE("a wrong set is refused whole and names the probe") {
  Run run;
  const auto refused = [&](std::vector<ProbeSpec> specs) {
    const auto result = run.scheduler.set_probes(std::move(specs));
    return result ? std::string("accepted") : result.error().message;
  };
  CHECK(refused({probe_of(1, "http://a/"), probe_of(2, "ftp://a/")}) ==
        "probe probe-2: http: ftp://a/: the scheme is 'ftp', not http or https");
  CHECK(refused({probe_of(1, "http://a/"), probe_of(1, "http://b/")}) ==
        "probe probe-1: the name or id stands twice");
}

}  // namespace
}  // namespace exporter
