// The store on the real disk: a state change from the queue to the acknowledgement, a heartbeat of
// 50 objectives, a burst, and a restart: 50 objectives x 90 days read back and judged again, by
// time and by events. Count the syncs, not the milliseconds: a commit is one fdatasync of the log,
// whatever that costs here.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

#include "slo/engine.h"
#include "slo/event_log.h"
#include "slo/sqlite_store.h"

namespace {

using slo::Facts;
using slo::SloId;

constexpr SloId kObjectives = 50;
constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;

class Directory {
 public:
  Directory() {
    if (::mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "bench-store-XXXXXX";
};

std::unique_ptr<slo::SqliteStore> open(const Directory& directory) {
  static const exporter::SystemClock clock;
  slo::StoreOptions options;
  options.directory = directory.path();
  auto store = slo::SqliteStore::open(options, clock);
  if (!store) std::abort();
  return std::move(*store);
}

Facts objectives() {
  Facts facts;
  for (SloId id = 1; id <= kObjectives; ++id) {
    facts.slos.push_back({id, "shop", "front-" + std::to_string(id), 7, 0});
  }
  return facts;
}

Facts heartbeat(std::int64_t t_ms) {
  Facts facts;
  slo::Heartbeat& beat = facts.heartbeat.emplace();
  beat.boot_id = "b7c1f2";
  beat.t_ms = t_ms;
  for (SloId id = 1; id <= kObjectives; ++id) {
    slo::SloCounters& counters = beat.counters.emplace_back();
    counters.id = id;
    counters.t_ms = counters.settled_ms = t_ms;
    counters.state_ms = {t_ms, 60'000, 0, 0};
    counters.events_good = t_ms / 5'000;
  }
  return facts;
}

void wait(slo::Store& store, slo::Ticket ticket) {
  if (!store.wait(ticket, std::chrono::steady_clock::now() + std::chrono::seconds(60)))
    std::abort();
}

void state_change(benchmark::State& state) {
  const Directory directory;
  const auto store = open(directory);
  store->write(objectives(), {});
  std::int64_t t_ms = 0;
  for (auto _ : state) {
    Facts facts;
    facts.changes = {{1, ++t_ms, slo::State::kDown, slo::Cause::kTimeout}};
    wait(*store, store->write(std::move(facts), {}));
  }
}
BENCHMARK(state_change)->Unit(benchmark::kMicrosecond)->MeasureProcessCPUTime()->UseRealTime();

void heartbeat_of_50_objectives(benchmark::State& state) {
  const Directory directory;
  const auto store = open(directory);
  store->write(objectives(), {});
  std::int64_t t_ms = 0;
  for (auto _ : state) wait(*store, store->write(heartbeat(t_ms += 5'000), {}));
}
BENCHMARK(heartbeat_of_50_objectives)
    ->Unit(benchmark::kMicrosecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

// What the writer pays: it only queues.
void queue_a_state_change(benchmark::State& state) {
  const Directory directory;
  const auto store = open(directory);
  std::int64_t t_ms = 0;
  for (auto _ : state) {
    Facts facts;
    facts.changes = {{1, ++t_ms, slo::State::kDown, slo::Cause::kTimeout}};
    benchmark::DoNotOptimize(store->write(std::move(facts), {}));
  }
}
BENCHMARK(queue_a_state_change)->Iterations(20'000);

void burst_of_1000_changes(benchmark::State& state) {
  const Directory directory;
  const auto store = open(directory);
  store->write(objectives(), {});
  std::int64_t t_ms = 0;
  for (auto _ : state) {
    slo::Ticket ticket = 0;
    for (int i = 0; i < 1'000; ++i) {
      Facts facts;
      facts.changes = {{1 + i % kObjectives, ++t_ms, slo::State::kUp, slo::Cause::kNone}};
      ticket = store->write(std::move(facts), {});
    }
    wait(*store, ticket);
  }
}
BENCHMARK(burst_of_1000_changes)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

// So many changes of each objective, evenly over the days.
Facts changes(std::int64_t each, std::int64_t days) {
  Facts facts = objectives();
  for (SloId id = 1; id <= kObjectives; ++id) {
    for (std::int64_t i = 0; i < each; ++i) {
      facts.changes.push_back({id, i * days * kDayMs / each,
                               i % 2 == 0 ? slo::State::kUp : slo::State::kDown,
                               slo::Cause::kNone});
    }
  }
  return facts;
}

// From nothing to a judgement of all objectives after so many days.
void start_again(benchmark::State& state, const Directory& directory, std::int64_t days,
                 const slo::SloSpec& like) {
  for (auto _ : state) {
    auto store = open(directory);
    const std::int64_t now_ns = days * kDayMs * 1'000'000 + 5'000'000'000;
    const exporter::Moment now{now_ns, now_ns, now_ns};
    slo::Engine engine("b7c1f3", now, std::move(store->load().facts));
    for (SloId id = 1; id <= kObjectives; ++id) {
      auto spec = std::make_shared<slo::SloSpec>(like);
      spec->service = "shop";
      spec->name = "front-" + std::to_string(id);
      spec->generation = 7;
      engine.add(spec, now);
    }
    engine.step(now);
    benchmark::DoNotOptimize(engine.judge());
    state.PauseTiming();
    store.reset();
    state.ResumeTiming();
  }
}

double file_bytes(const Directory& directory) {
  return static_cast<double>(std::filesystem::file_size(directory.path() + "/fournines.db"));
}

// The argument: changes of each objective and day; 24 are one every hour, day and night.
void restart(benchmark::State& state) {
  const Directory directory;
  {
    const auto store = open(directory);
    store->write(changes(state.range(0) * 90, 90), {});
    wait(*store, store->write(heartbeat(90 * kDayMs), {}));
  }
  start_again(state, directory, 90, {});
  const double bytes = file_bytes(directory);
  state.counters["file_MB"] = bytes / 1e6;
  state.counters["bytes_a_change"] = bytes / static_cast<double>(kObjectives * state.range(0) * 90);
}
BENCHMARK(restart)
    ->Arg(4)
    ->Arg(24)
    ->Arg(96)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

// By events: slices of so many seconds, or attempts of a probe, which come a little early or late;
// and one change an hour. What a day adds is the difference of two runs.
void restart_by_events(benchmark::State& state) {
  const std::int64_t interval_ms = 1000 * state.range(0);
  const std::int64_t days = state.range(1);
  const bool is_probe = interval_ms < 15'000;
  slo::EventLog log;
  std::mt19937_64 random(1);
  std::vector<slo::EventBlock> blocks;
  std::int64_t good = 0;
  for (std::int64_t t_ms = 0; t_ms < days * kDayMs;) {
    const std::int64_t length_ms =
        is_probe ? interval_ms - 1 + static_cast<std::int64_t>(random() % 3) : interval_ms;
    const slo::EventCount count{is_probe ? 1 : 1000 + static_cast<std::int64_t>(random() % 400), 0};
    log.append({t_ms, t_ms + length_ms, count, slo::EventLog::Kind::kKnown});
    t_ms += length_ms;
    good += count.good;
  }
  log.take_rows(0, {good, 0}, blocks);
  std::erase_if(blocks, [](const slo::EventBlock& block) { return !block.bytes; });

  const Directory directory;
  {
    const auto store = open(directory);
    wait(*store, store->write(changes(24 * days, days), {}));
    for (SloId id = 1; id <= kObjectives; ++id) {
      Facts facts;
      facts.events = blocks;
      for (slo::EventBlock& block : facts.events) block.slo = id;
      wait(*store, store->write(std::move(facts), {}));
    }
    wait(*store, store->write(heartbeat(days * kDayMs), {}));
  }
  slo::SloSpec like;
  like.source = is_probe ? slo::SourceKind::kProbe : slo::SourceKind::kEvents;
  like.budgeting = slo::BudgetingMethod::kOccurrences;
  like.interval_ms = like.timeout_ms = interval_ms;
  start_again(state, directory, days, like);
  state.counters["disk_kB_each"] = file_bytes(directory) / 1e3 / kObjectives;
  state.counters["memory_kB_each"] = static_cast<double>(log.bytes()) / 1e3;
}
BENCHMARK(restart_by_events)
    ->ArgNames({"seconds", "days"})
    ->Args({1, 3})
    ->Args({1, 90})
    ->Args({5, 90})
    ->Args({15, 3})
    ->Args({15, 90})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
