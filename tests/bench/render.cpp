// What a sample costs: writing it anew in a steady state and rendering it, with 4 labels, beside
// prometheus-cpp's serializer over the same data. Time per sample is the counter "per_sample".
#include <benchmark/benchmark.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "exporter/core/samples.h"

namespace {

constexpr exporter::Family kFamily{"bench_requests_total",
                                   "Requests that were answered.",
                                   exporter::MetricType::kCounter,
                                   {"code", "handler", "instance", "method"}};

struct Row {
  std::array<std::string, 4> labels;
  std::uint64_t whole;
  double real;
};

std::vector<Row> rows(std::size_t count) {
  std::vector<Row> made;
  for (std::size_t i = 0; i < count; ++i) {
    made.push_back({{std::to_string(200 + i % 5), "/api/v1/things/" + std::to_string(i),
                     "host-" + std::to_string(i % 97) + ":9100", "GET"},
                    i * 7919,
                    static_cast<double>(i) * 0.7853981633974483});
  }
  return made;
}

void write(exporter::SampleBlock& block, const std::vector<Row>& data, bool real) {
  exporter::SampleWriter out(block);
  out.family(kFamily);
  for (const Row& row : data) {
    const exporter::Number value = real ? exporter::Number(row.real) : exporter::Number(row.whole);
    out.add(value, row.labels[0], row.labels[1], row.labels[2], row.labels[3]);
  }
  out.finish();
}

void count_samples(benchmark::State& state) {
  state.counters["per_sample"] = benchmark::Counter(
      static_cast<double>(state.range(0)),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void steady_write(benchmark::State& state) {
  const auto data = rows(static_cast<std::size_t>(state.range(0)));
  exporter::SampleBlock block;
  write(block, data, false);
  for (auto _ : state) write(block, data, false);
  count_samples(state);
}

void render(benchmark::State& state, bool real) {
  const auto data = rows(static_cast<std::size_t>(state.range(0)));
  exporter::SampleBlock block;
  write(block, data, real);
  std::string page;
  for (auto _ : state) {
    page.clear();
    block.render_text(page);
    benchmark::DoNotOptimize(page.data());
  }
  count_samples(state);
}

void prometheus_cpp(benchmark::State& state, bool real) {
  prometheus::MetricFamily family;
  family.name = kFamily.name;
  family.help = kFamily.help;
  family.type = prometheus::MetricType::Counter;
  for (const Row& row : rows(static_cast<std::size_t>(state.range(0)))) {
    prometheus::ClientMetric metric;
    for (std::size_t i = 0; i < row.labels.size(); ++i) {
      metric.label.push_back({std::string(kFamily.labels[i]), row.labels[i]});
    }
    metric.counter.value = real ? row.real : static_cast<double>(row.whole);
    family.metric.push_back(std::move(metric));
  }
  const std::vector<prometheus::MetricFamily> families{std::move(family)};
  const prometheus::TextSerializer serializer;
  for (auto _ : state) benchmark::DoNotOptimize(serializer.Serialize(families));
  count_samples(state);
}

BENCHMARK(steady_write)->Arg(10'000)->Arg(100'000);
BENCHMARK_CAPTURE(render, integers, false)->Arg(10'000)->Arg(100'000);
BENCHMARK_CAPTURE(render, doubles, true)->Arg(10'000)->Arg(100'000);
BENCHMARK_CAPTURE(prometheus_cpp, integers, false)->Arg(10'000)->Arg(100'000);
BENCHMARK_CAPTURE(prometheus_cpp, doubles, true)->Arg(10'000)->Arg(100'000);

}  // namespace

BENCHMARK_MAIN();
