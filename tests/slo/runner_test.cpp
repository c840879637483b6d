#include "slo/runner.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "slo/host_source.h"
#include "slo/probe_source.h"
#include "slo/series.h"
#include "slo/store_memory.h"
#include "tests/support/doctest.h"

namespace slo {
namespace {

// Goes as the machine's does, but can be set forward.
class ShiftedClock final : public exporter::Clock {
 public:
  exporter::Moment now() const override {
    exporter::Moment now = clock_.now();
    const std::int64_t shift = shift_ns_.load();
    return {now.boot_ns + shift, now.mono_ns + shift, now.real_ns + shift};
  }
  void skip_seconds(std::int64_t seconds) { shift_ns_ += seconds * 1'000'000'000; }

 private:
  exporter::SystemClock clock_;
  std::atomic<std::int64_t> shift_ns_ = 0;
};

std::shared_ptr<const SloSpec> probe_spec(const char* name) {
  auto spec = std::make_shared<SloSpec>();
  spec->service = spec->name = name;
  spec->interval_ms = 1'000;
  spec->timeout_ms = 800;
  return spec;
}

std::shared_ptr<const SloSpec> host_spec() {
  auto spec = std::make_shared<SloSpec>();
  spec->service = "host";
  spec->name = "host-up";
  spec->source = SourceKind::kHost;
  return spec;
}

// Waits until the runner publishes a snapshot that satisfies a condition.
class Watcher {
 public:
  explicit Watcher(Runner& runner) {
    runner.on_publish([this](const Runner::Published& snapshot) {
      const std::lock_guard guard(lock_);
      newest_ = snapshot;
      changed_.notify_all();
    });
  }

  template <class Condition>
  Runner::Published wait(Condition condition) {
    std::unique_lock lock(lock_);
    const bool met = changed_.wait_for(lock, std::chrono::seconds(30),
                                       [&] { return newest_ && condition(*newest_); });
    CHECK(met);
    return newest_;
  }

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  Runner::Published newest_;
};

exporter::ProbeResult result(SloId id, const exporter::Moment& sent,
                             exporter::ProbeOutcome outcome) {
  exporter::ProbeResult made;
  made.probe_id = static_cast<std::uint64_t>(id);
  made.sent = sent;
  made.outcome = outcome;
  made.phase = exporter::ProbePhase::kConnect;
  return made;
}

}  // namespace

TEST_CASE("a result becomes a published judgement and a stored fact") {
  const ShiftedClock clock;
  MemoryStore store;
  Runner runner(clock, store, "boot", {});
  ProbeSource probes([&] { runner.wake(); });
  runner.add_source(probes);
  Watcher watcher(runner);
  const auto ids = runner.apply({probe_spec("web")});
  runner.start();

  const exporter::Moment sent = clock.now();
  probes.on_sent(static_cast<std::uint64_t>(ids[0]), 1, sent);
  probes.on_result(result(ids[0], sent, exporter::ProbeOutcome::kBad));
  const auto snapshot =
      watcher.wait([](const Snapshot& now) { return now.slos[0].state == State::kDown; });
  CHECK(snapshot->slos[0].cause == Cause::kConnect);
  CHECK(snapshot->slos[0].open_incident.has_value());
  runner.stop(StopReason::kStop);

  const Rows rows = store.load();
  REQUIRE(rows.facts.heartbeat);
  CHECK(rows.facts.heartbeat->clean);
  CHECK(rows.facts.incidents.size() == 1);
  CHECK(std::ranges::any_of(
      rows.facts.changes, [](const StateChange& change) { return change.state == State::kDown; }));
}

TEST_CASE("a new runner goes on where the last one ended, and the gap is unknown to probes") {
  ShiftedClock clock;
  MemoryStore store;
  const auto run = [&](auto during) {
    Runner runner(clock, store, "boot", store.load().facts);
    ProbeSource probes([&] { runner.wake(); });
    runner.add_source(probes);
    Watcher watcher(runner);
    const auto ids = runner.apply({probe_spec("web"), host_spec()});
    runner.start();
    during(probes, watcher, ids[0]);
    runner.stop(StopReason::kStop);
    return runner.published();
  };
  const auto fail = [&](ProbeSource& probes, Watcher& watcher, SloId id) {
    const exporter::Moment sent = clock.now();
    probes.on_sent(static_cast<std::uint64_t>(id), 1, sent);
    probes.on_result(result(id, sent, exporter::ProbeOutcome::kBad));
    watcher.wait([](const Snapshot& now) { return now.slos[0].state == State::kDown; });
  };
  const auto first = run(fail);
  clock.skip_seconds(100);
  const auto second = run(fail);

  const Judgement& web = second->slos[0];
  CHECK(web.id == first->slos[0].id);
  CHECK(web.counters.incidents == 1);
  CHECK(web.open_incident->start_ms == first->slos[0].open_incident->start_ms);
  CHECK(web.counters.state_ms[static_cast<std::size_t>(State::kUnknown)] >= 99'000);
  CHECK(web.counters.state_ms[static_cast<std::size_t>(State::kUp)] == 0);
  const Judgement& host = second->slos[1];
  CHECK(host.counters.state_ms[static_cast<std::size_t>(State::kUp)] >= 100'000);
  CHECK(host.counters.state_ms[static_cast<std::size_t>(State::kDown)] == 0);
}

TEST_CASE("what ran on while no runner did was up, and is until nobody looks any more") {
  ShiftedClock clock;
  MemoryStore store;
  const std::int64_t since_ns = clock.now().boot_ns;
  const auto run = [&](const Runner::Since& since, State last) {
    Runner runner(clock, store, "boot", store.load().facts);
    ProbeSource probes([&] { runner.wake(); });
    runner.add_source(probes);
    Watcher watcher(runner);
    const auto ids = runner.apply({probe_spec("web")}, since);
    runner.start();
    if (since.empty()) {
      const exporter::Moment sent = clock.now();
      probes.on_sent(static_cast<std::uint64_t>(ids[0]), 1, sent);
      probes.on_result(result(ids[0], sent, exporter::ProbeOutcome::kGood));
    }
    watcher.wait([&](const Snapshot& now) { return now.slos[0].state == last; });
    runner.stop(StopReason::kStop);
    return runner.published()->slos[0].counters.state_ms;
  };
  const auto first = run({}, State::kUp);
  clock.skip_seconds(100);
  const auto second = run({since_ns}, State::kUp);
  CHECK(second[0] - first[0] >= 100'000);
  CHECK(second[1] == 0);
  CHECK(second[2] == first[2]);
  clock.skip_seconds(100);
  const auto third = run({clock.now().boot_ns}, State::kUp);  // it runs anew
  CHECK(third[2] - second[2] >= 99'000);
  CHECK(third[1] == 0);
}

TEST_CASE("other objectives can be applied while it runs") {
  const ShiftedClock clock;
  MemoryStore store;
  Runner runner(clock, store, "boot", {});
  Watcher watcher(runner);
  const auto first = runner.apply({probe_spec("a"), probe_spec("b")});
  runner.start();
  const auto second = runner.apply({probe_spec("b"), probe_spec("c")});
  CHECK(second[0] == first[1]);
  const auto snapshot = watcher.wait(
      [](const Snapshot& now) { return now.slos.size() == 2 && now.slos[1].spec->name == "c"; });
  CHECK(snapshot->slos[0].spec->name == "b");
  runner.stop(StopReason::kStop);
}

TEST_CASE("who is told that an alert row changed finds its counters shown") {
  const ShiftedClock clock;
  MemoryStore store;
  Runner runner(clock, store, "boot", {}, 3'600'000);
  ProbeSource probes([&] { runner.wake(); });
  runner.add_source(probes);
  auto spec = std::make_shared<SloSpec>(*probe_spec("web"));
  spec->min_failures = 0;
  spec->alert_rows = {{kHourMs, kMinuteMs, 1, Severity::kPage}};  // a quarter of a millisecond
  std::vector<std::pair<bool, bool>> seen;  // whether it fires, and its counters are shown
  runner.on_publish([&](const Runner::Published& snapshot) {
    const Judgement& slo = snapshot->slos.at(0);
    seen.emplace_back(slo.alerts.at(0).reading.firing,
                      runner.saved_counters()->slos.at(0) == slo.counters);
  });
  Watcher watcher(runner);
  const SloId id = runner.apply({spec})[0];
  runner.start();
  exporter::Moment sent;
  std::uint64_t attempt = 0;
  const auto probe = [&](exporter::ProbeOutcome outcome, State state) {
    // The second one two milliseconds later: that much is down.
    const std::int64_t from_ns = sent.boot_ns + 2'000'000;
    do sent = clock.now();
    while (sent.boot_ns < from_ns);
    probes.on_sent(static_cast<std::uint64_t>(id), ++attempt, sent);
    probes.on_result(result(id, sent, outcome));
    watcher.wait([&](const Snapshot& now) { return now.slos[0].state == state; });
  };
  probe(exporter::ProbeOutcome::kBad, State::kDown);
  probe(exporter::ProbeOutcome::kGood, State::kUp);
  runner.stop(StopReason::kStop);

  bool fired = false;
  for (const auto& [firing, shown] : seen) {
    CHECK((firing == fired || shown));
    fired = firing;
  }
  CHECK(fired);
}

TEST_CASE("an attempt that was given up leaves the sample before it speaking") {
  const ShiftedClock clock;
  MemoryStore store;
  Runner runner(clock, store, "boot", {});
  ProbeSource probes([&] { runner.wake(); });
  runner.add_source(probes);
  Watcher watcher(runner);
  const auto ids = runner.apply({probe_spec("web")});
  runner.start();
  const exporter::Moment sent = clock.now();
  probes.on_sent(static_cast<std::uint64_t>(ids[0]), 1, sent);
  probes.on_result(result(ids[0], sent, exporter::ProbeOutcome::kGood));
  watcher.wait([](const Snapshot& now) { return now.slos[0].state == State::kUp; });

  const exporter::Moment later = clock.now();
  probes.on_sent(static_cast<std::uint64_t>(ids[0]), 2, later);
  exporter::ProbeResult stopped = result(ids[0], later, exporter::ProbeOutcome::kUnknown);
  stopped.cause = exporter::UnknownCause::kStopped;
  probes.on_result(stopped);
  runner.stop(StopReason::kStop);
  const Rows rows = store.load();
  REQUIRE_FALSE(rows.facts.changes.empty());
  CHECK(rows.facts.changes.back().state == State::kUp);
}

TEST_CASE("results beyond what can wait are counted, not kept") {
  ProbeSource probes([] {});
  const exporter::Moment sent{1, 1, 1};
  for (std::size_t i = 0; i < ProbeSource::kMaxWaiting + 7; ++i) probes.on_sent(1, i, sent);
  CHECK(probes.dropped() == 7);
}

TEST_CASE("every outcome of a probe has its state and cause") {
  using exporter::ProbeOutcome;
  const auto f = [](ProbeOutcome outcome, exporter::ProbePhase phase, exporter::UnknownCause cause,
                    State state, Cause want) {
    exporter::ProbeResult made;
    made.outcome = outcome;
    made.phase = phase;
    made.cause = cause;
    CHECK(state_of(made) == state);
    CHECK(cause_of(made) == want);
  };
  using exporter::ProbePhase;
  using exporter::UnknownCause;
  f(ProbeOutcome::kGood, ProbePhase::kNone, UnknownCause::kNone, State::kUp, Cause::kNone);
  f(ProbeOutcome::kBad, ProbePhase::kResolve, UnknownCause::kNone, State::kDown, Cause::kDns);
  f(ProbeOutcome::kBad, ProbePhase::kConnect, UnknownCause::kNone, State::kDown, Cause::kConnect);
  f(ProbeOutcome::kBad, ProbePhase::kTls, UnknownCause::kNone, State::kDown, Cause::kTls);
  f(ProbeOutcome::kBad, ProbePhase::kContent, UnknownCause::kNone, State::kDown, Cause::kResponse);
  f(ProbeOutcome::kBad, ProbePhase::kTimeout, UnknownCause::kNone, State::kDown, Cause::kTimeout);
  f(ProbeOutcome::kUnknown, ProbePhase::kConnect, UnknownCause::kNoRoute, State::kUnknown,
    Cause::kNoRoute);
  f(ProbeOutcome::kUnknown, ProbePhase::kTimeout, UnknownCause::kStalled, State::kUnknown,
    Cause::kStalled);
  f(ProbeOutcome::kUnknown, ProbePhase::kNone, UnknownCause::kStopped, State::kUnknown,
    Cause::kMonitorStopped);
}

TEST_CASE(
    "the boot's identity is read below the given root, and a tree without one is its own boot") {
  const HostSource real("/proc");
  CHECK(real.boot_id().size() == 36);
  CHECK(HostSource("/proc").boot_id() == real.boot_id());
  CHECK(HostSource("/nonexistent").boot_id().starts_with("process-"));
}

TEST_CASE("series exist from the first judgement on, counters at 0 and undefined as NaN") {
  const ShiftedClock clock;
  MemoryStore store;
  Runner runner(clock, store, "boot", {});
  runner.apply({probe_spec("web")});
  SloSeries series([&] { return runner.published(); });
  exporter::ReadBuffer buffer;
  exporter::SampleBlock block;
  {
    exporter::SampleWriter out(block);
    CHECK(series.collect({1, clock.now(), buffer}, out).error().kind ==
          exporter::ErrorKind::kNotFound);
    out.finish();
  }
  runner.start();
  runner.stop(StopReason::kStop);
  {
    exporter::SampleWriter out(block);
    CHECK(series.collect({2, clock.now(), buffer}, out).has_value());
    out.finish();
  }
  std::string page;
  block.render_text(page);
  for (const char* sample :
       {"slo_events_total{service=\"web\",slo=\"web\",outcome=\"bad\"} 0\n",
        "slo_incidents_total{service=\"web\",slo=\"web\"} 0\n",
        "slo_incident_duration_seconds_bucket{service=\"web\",slo=\"web\",le=\"+Inf\"} 0\n",
        "slo_incident_duration_seconds_count{service=\"web\",slo=\"web\"} 0\n",
        "slo_mttr_seconds{service=\"web\",slo=\"web\"} NaN\n",
        "slo_state{service=\"web\",slo=\"web\",state=\"unknown\"} 1\n",
        "slo_objective_ratio{service=\"web\",slo=\"web\"} 0.9999\n",
        "slo_window_seconds{service=\"web\",slo=\"web\",window=\"30d\"} 2592000\n"}) {
    CHECK_MESSAGE(page.find(sample) != std::string::npos, sample);
  }
}

}  // namespace slo
