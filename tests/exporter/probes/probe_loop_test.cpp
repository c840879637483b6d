// The probe thread's work step by step, with a clock of the test's own: whose fault a failure is
// when this process was late, paused or starved.
#include "exporter/probes/probe_loop.h"

#include "tests/exporter/probes/probe_run.h"
#include "tests/exporter/probes/test_server.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

constexpr std::int64_t kMs = 1'000'000;

class ManualClock final : public Clock {
 public:
  Moment now() const override { return {ns, ns, ns}; }
  std::int64_t ns = 1'000'000 * kMs;
};

// Jumps when it is read for the second time in a turn: the work of that turn took so long.
class SlowClock final : public Clock {
 public:
  Moment now() const override {
    if (++reads == 2) ns += jump_ns;
    return {ns, ns, ns};
  }
  mutable std::int64_t ns = 1'000'000 * kMs;
  mutable int reads = 0;
  std::int64_t jump_ns = 0;
};

// One probe, mostly of interval 1000 ms and timeout 800 ms: late limit 200 ms, heartbeat 100 ms.
struct Bench {
  explicit Bench(const std::string& url, int interval_ms = 1000, int timeout_ms = 800) {
    loop.set_probes({probe_of(1, url, interval_ms, timeout_ms)});
  }

  void turn_after(std::int64_t ms) {
    clock.ns += ms * kMs;
    loop.turn();
  }
  // Lets the kernel and libcurl work without time passing, until there are `count` results.
  bool run_until_results(std::size_t count) {
    for (int i = 0; i < 200 && sink.results().size() < count; ++i) {
      loop.wait();
      loop.turn();
    }
    return sink.results().size() >= count;
  }
  ProbeResult last() const { return sink.results().back(); }
  std::size_t ended() const { return sink.results().size(); }

  ManualClock clock;
  ProbeBoard board;
  RecordingSink sink;
  std::string name_servers;
  ProbeLoop loop{clock, board, sink, name_servers};
};

TestServer::Handler silent() {
  return [](const TestServer::Connection& connection) { connection.wait(); };
}

std::string refused_url() { return "http://127.0.0.1:" + std::to_string(refused_port()) + "/"; }

TEST_CASE("a watched attempt without an answer is bad at its deadline, not before") {
  const TestServer server(silent());
  Bench bench(server.url());
  bench.loop.turn();
  for (int i = 0; i < 7; ++i) bench.turn_after(100);
  CHECK(bench.ended() == 0);
  bench.turn_after(100);
  REQUIRE(bench.ended() == 1);
  CHECK(bench.last().outcome == ProbeOutcome::kBad);
  CHECK(bench.last().phase == ProbePhase::kTimeout);
}

TEST_CASE("a short pause extends the deadline by the time not watched") {
  const TestServer server(silent());
  Bench bench(server.url());
  bench.loop.turn();
  bench.turn_after(250);  // 150 beyond the heartbeat
  for (int i = 0; i < 6; ++i) bench.turn_after(100);
  CHECK(bench.ended() == 0);  // at 850
  bench.turn_after(100);
  REQUIRE(bench.ended() == 1);
  CHECK(bench.last().outcome == ProbeOutcome::kBad);
}

TEST_CASE("a failure after a long pause is unknown, whatever failed") {
  const TestServer server(silent());
  Bench bench(server.url());
  bench.loop.turn();
  bench.turn_after(90'000);
  REQUIRE(bench.ended() == 1);
  CHECK(bench.last().outcome == ProbeOutcome::kUnknown);
  CHECK(bench.last().cause == UnknownCause::kStalled);
  CHECK(bench.last().phase == ProbePhase::kTimeout);

  Bench refused(refused_url());
  refused.loop.turn();
  refused.clock.ns += 301 * kMs;
  REQUIRE(refused.run_until_results(1));
  CHECK(refused.last().cause == UnknownCause::kStalled);
}

TEST_CASE("a pause inside one turn counts like one between two") {
  SlowClock clock;
  ProbeBoard board;
  RecordingSink sink;
  const std::string name_servers;
  ProbeLoop loop(clock, board, sink, name_servers);
  loop.set_probes({probe_of(1, refused_url(), 1000, 800)});
  loop.turn();
  clock.jump_ns = 400 * kMs;
  for (int i = 0; i < 200 && sink.results().empty(); ++i) {
    loop.wait();
    clock.reads = 0;
    loop.turn();
  }
  REQUIRE(sink.results().size() == 1);
  CHECK(sink.results()[0].cause == UnknownCause::kStalled);
}

TEST_CASE("many short pauses in one attempt add up to a stall") {
  const TestServer server(silent());
  Bench bench(server.url());
  bench.loop.turn();
  for (int i = 0; i < 8 && bench.ended() == 0; ++i) bench.turn_after(180);
  REQUIRE(bench.ended() == 1);
  CHECK(bench.last().cause == UnknownCause::kStalled);
}

TEST_CASE("an answer found only after a long pause is unknown, not good") {
  const TestServer server(answer_with(http_answer(200, "")));
  Bench bench(server.url());
  bench.loop.turn();
  bench.clock.ns += 90'000 * kMs;
  REQUIRE(bench.run_until_results(1));
  CHECK(bench.last().outcome == ProbeOutcome::kUnknown);
  CHECK(bench.last().cause == UnknownCause::kStalled);
}

TEST_CASE("a failure of an attempt that started late is unknown, an expected answer is good") {
  const auto started_late_by = [](std::int64_t ms, const std::string& url) {
    Bench bench(url);
    bench.clock.ns += ms * kMs;
    bench.loop.turn();
    REQUIRE(bench.run_until_results(1));
    CHECK(bench.last().late_ns == ms * kMs);
    return bench.last();
  };
  CHECK(started_late_by(200, refused_url()).outcome == ProbeOutcome::kBad);
  const ProbeResult late = started_late_by(201, refused_url());
  CHECK(late.outcome == ProbeOutcome::kUnknown);
  CHECK(late.cause == UnknownCause::kLate);
  CHECK(late.phase == ProbePhase::kConnect);
  const TestServer server(answer_with(http_answer(200, "")));
  CHECK(started_late_by(600, server.url()).outcome == ProbeOutcome::kGood);
}

TEST_CASE("times missed during a pause are counted and not made up for") {
  const TestServer server(answer_with(http_answer(200, "")));
  Bench bench(server.url());
  bench.loop.turn();
  REQUIRE(bench.run_until_results(1));
  bench.turn_after(5'400);
  REQUIRE(bench.run_until_results(2));
  bench.turn_after(100);
  CHECK(bench.sink.sent().size() == 2);
  CHECK(bench.last().seq == 2);
  CHECK(bench.last().late_ns == 4'400 * kMs);
  std::vector<ProbeStatus> probes;
  bench.board.copy_to(probes);
  CHECK(probes[0].missed == 4);
  bench.turn_after(500);  // at 6000
  CHECK(bench.sink.sent().size() == 3);
}

TEST_CASE("delays do not move the times that follow") {
  const TestServer server(answer_with(http_answer(200, "")));
  Bench bench(server.url());
  const std::int64_t begin_ns = bench.clock.ns;
  std::size_t attempts = 0;
  for (int i = 0; i < 400; ++i) {
    bench.turn_after(53);
    if (bench.sink.sent().size() == attempts) continue;
    ++attempts;
    REQUIRE(bench.run_until_results(attempts));
    const std::int64_t due_ns = bench.last().sent.boot_ns - bench.last().late_ns - begin_ns;
    CHECK(due_ns == static_cast<std::int64_t>(attempts - 1) * 1000 * kMs);
  }
  CHECK(attempts == 22);  // at 0, 1, ... 21 s
}

TEST_CASE("an attempt that still runs when the next is due delays it, and never overlaps it") {
  const TestServer server(silent());
  Bench bench(server.url());
  bench.clock.ns += 300 * kMs;
  for (int i = 0; i < 11; ++i) bench.turn_after(i == 0 ? 0 : 100);  // at 1300
  const auto sent = bench.sink.sent();
  const auto results = bench.sink.results();
  REQUIRE(results.size() == 1);
  REQUIRE(sent.size() == 2);
  CHECK(sent[1].at.boot_ns >= results[0].done.boot_ns);
}

TEST_CASE(
    "of a short interval an attempt may outlast several: the next is neither late nor missed") {
  const TestServer server(silent());
  Bench bench(server.url(), 100, 450);
  const std::int64_t begin_ns = bench.clock.ns;
  bench.loop.turn();
  for (int i = 0; i < 101; ++i) bench.turn_after(10);  // to 1010
  const auto sent = bench.sink.sent();
  REQUIRE(sent.size() == 3);  // at 0, 500, 1000
  for (std::size_t i = 0; i < sent.size(); ++i) {
    CHECK(sent[i].at.boot_ns - begin_ns == static_cast<std::int64_t>(i) * 500 * kMs);
  }
  REQUIRE(bench.ended() == 2);
  for (const ProbeResult& result : bench.sink.results()) {
    CHECK(result.outcome == ProbeOutcome::kBad);
    CHECK(result.phase == ProbePhase::kTimeout);
    CHECK(result.late_ns == 0);
  }
  std::vector<ProbeStatus> probes;
  bench.board.copy_to(probes);
  CHECK(probes[0].missed == 0);
}

}  // namespace
}  // namespace exporter
