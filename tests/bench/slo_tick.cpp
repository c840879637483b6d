// What judging costs: one objective's tick with eleven windows and four alert rows, a window of
// any length over ninety days of changes, a whole judgement, a report, and the tick of a host full
// of idle container objectives.
#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <string>

#include "slo/engine.h"
#include "slo/tracker.h"

namespace {

using namespace slo;  // the subject of this file

std::shared_ptr<SloSpec> eleven_windows() {
  auto spec = std::make_shared<SloSpec>();
  spec->service = "shop";
  spec->name = "website";
  for (const char* label : {"7d", "28d", "90d"}) {
    spec->extra_windows_ms.push_back(parse_duration(label).value());
  }
  return spec;  // with 5m 30m 1h 2h 6h 1d 3d 30d of the rows and the objective
}

// A target that fails about every `every` probes, probed each 5 s until now.
class History {
 public:
  History(std::int64_t days, int every) : tracker_(1, eleven_windows(), 0, facts_) {
    std::mt19937_64 random(1);
    for (now_ = 0; now_ < days * kDayMs; now_ += 5000) {
      const bool bad = random() % static_cast<std::uint64_t>(every) == 0;
      tracker_.on_sample({now_, bad ? State::kDown : State::kUp, Cause::kNone});
      tracker_.step(now_, facts_);
      facts_ = {};
    }
  }
  SloTracker& tracker() { return tracker_; }
  Facts& facts() { return facts_; }
  std::int64_t now_ = 0;

 private:
  Facts facts_;
  SloTracker tracker_;
};

void BM_TickElevenWindows(benchmark::State& state) {
  History history(91, static_cast<int>(state.range(0)));
  std::int64_t now = history.now_;
  for (auto _ : state) {
    now += 1;
    history.tracker().step(now, history.facts());
  }
}
BENCHMARK(BM_TickElevenWindows)->ArgName("fails_every")->Arg(1000)->Arg(50);

void BM_TickWithSample(benchmark::State& state) {
  History history(91, 1000);
  std::int64_t now = history.now_;
  for (auto _ : state) {
    now += 1;
    history.tracker().on_sent(now);
    history.tracker().on_sample({now, State::kUp, Cause::kNone});
    history.tracker().step(now, history.facts());
  }
}
BENCHMARK(BM_TickWithSample);

// An objective by events with slices of 15 s over 90 days, ticked each second as the daemon does,
// or only when a slice is over.
void BM_TickOfEvents(benchmark::State& state) {
  Facts facts;
  auto spec = eleven_windows();
  spec->source = SourceKind::kEvents;
  spec->budgeting = BudgetingMethod::kOccurrences;
  spec->interval_ms = spec->timeout_ms = 15'000;
  SloTracker tracker(1, spec, 0, facts);
  std::mt19937_64 random(1);
  std::int64_t now = 0;
  const auto tick = [&](std::int64_t ms) {
    now += ms;
    if (now % 15'000 == 0) {
      tracker.on_events(now - 15'000, now, {static_cast<std::int64_t>(1000 + random() % 400), 1});
      tracker.on_sent(now);
    }
    tracker.step(now, facts);
    facts.events.clear();
  };
  while (now < 91 * kDayMs) tick(15'000);
  const std::int64_t ms = 1000 * state.range(0);
  for (auto _ : state) tick(ms);
}
BENCHMARK(BM_TickOfEvents)->ArgName("seconds")->Arg(1)->Arg(15);

void BM_AnyWindow(benchmark::State& state) {
  StateLog log;
  std::mt19937_64 random(1);
  const std::int64_t end = 90 * kDayMs;
  const auto changes = static_cast<std::int64_t>(state.range(0));
  for (std::int64_t i = 0; i < changes; ++i) {
    log.append(end / changes * i, static_cast<State>(i % 3), Cause::kNone);
  }
  for (auto _ : state) {
    const auto from = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(end));
    benchmark::DoNotOptimize(log.at(from + (end - from) / 2) - log.at(from));
  }
}
BENCHMARK(BM_AnyWindow)->ArgName("changes")->Arg(16)->Arg(1000)->Arg(60'000);

void BM_Judge(benchmark::State& state) {
  History history(91, 1000);
  for (auto _ : state) benchmark::DoNotOptimize(history.tracker().judge());
}
BENCHMARK(BM_Judge);

// Any window of one objective, with its incidents.
void BM_Report(benchmark::State& state) {
  History history(91, 1000);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        history.tracker().report(history.now_ - state.range(0) * kDayMs, history.now_, "a report"));
  }
  state.counters["incidents"] =
      static_cast<double>(history.tracker()
                              .report(history.now_ - state.range(0) * kDayMs, history.now_, "")
                              .incidents.size());
}
BENCHMARK(BM_Report)->ArgName("days")->Arg(1)->Arg(30)->Arg(90);

void BM_EngineTickIdle(benchmark::State& state) {
  exporter::Moment now = {1'000'000'000, 1'000'000'000, 1'700'000'000'000'000'000};
  Engine engine("boot", now);
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    auto spec = std::make_shared<SloSpec>();
    spec->service = "host";
    spec->name = "container-" + std::to_string(i);
    spec->source = SourceKind::kHost;
    spec->alert_rows.erase(spec->alert_rows.begin(), spec->alert_rows.begin() + 2);
    engine.add(spec, now);
  }
  engine.take_facts();
  for (auto _ : state) {
    now.boot_ns += 1'000'000'000;
    now.mono_ns += 1'000'000'000;
    now.real_ns += 1'000'000'000;
    engine.step(now);
    benchmark::DoNotOptimize(engine.judge());
  }
}
BENCHMARK(BM_EngineTickIdle)->ArgName("objectives")->Arg(1)->Arg(50)->Arg(1000);

}  // namespace

BENCHMARK_MAIN();
