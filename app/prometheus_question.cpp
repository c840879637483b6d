#include "app/prometheus_question.h"

#include <utility>

#include "app/config_sources.h"

namespace app {
namespace {

using exporter::Result;
using slo::EventQueries;
using slo::Period;
using slo::RecordSpec;
using slo::Track;

// Classic when it has buckets; native when it is a histogram by itself.
Result<EventQueries> histogram_queries(PrometheusClient& client, const RecordSpec& spec,
                                       std::int64_t at_ms, const std::stop_token& stop) {
  const EventQueries& latency = *spec.events;
  const auto buckets = client.instant(
      "group by (le) (" + slo::derived_selector(latency.histogram, "_bucket") + ")", at_ms, stop);
  if (!buckets) return std::unexpected(buckets.error());
  if (!buckets->empty()) {
    auto queries = slo::classic_queries(latency, *buckets);
    if (!queries) return queries;
    queries->part = fresh_query(queries->part, spec.interval_ms);
    queries->total = fresh_query(queries->total, spec.interval_ms);
    return queries;
  }
  const auto native =
      client.instant("count(histogram_count(" + latency.histogram + "))", at_ms, stop);
  if (!native) return std::unexpected(native.error());
  if (!native->empty()) return slo::native_queries(latency, spec.slice_ms);
  return exporter::fail(exporter::ErrorKind::kInvalid,
                        "there is no histogram " + latency.histogram + " now");
}

Result<std::vector<Track>> ask_alive(PrometheusClient& client, const SourceSpec& source,
                                     const RecordSpec& spec, const Period& asked,
                                     const std::stop_token& stop) {
  const std::string fresh = std::to_string(2 * spec.interval_ms) + "ms";
  return client.range("count(last_over_time(" + source.alive + "[" + fresh + "]))",
                      {asked.begin_ms + spec.interval_ms, asked.end_ms, spec.interval_ms}, stop);
}

// Counters from the begin on, to know what grew; numbers of events at the ends of slices.
PrometheusClient::Range range_of(const RecordSpec& spec, const Period& asked) {
  if (spec.events->counters) return {asked.begin_ms, asked.end_ms, spec.interval_ms};
  return {asked.begin_ms + spec.slice_ms, asked.end_ms, spec.slice_ms};
}

}  // namespace

Result<SourceAnswer> ask_source(PrometheusClient& client, const SourceSpec& source, RecordSpec spec,
                                std::optional<EventQueries> histogram, const Period& asked,
                                const std::stop_token& stop) {
  const auto alive = ask_alive(client, source, spec, asked, stop);
  if (!alive) return std::unexpected(alive.error());
  SourceAnswer answer;
  if (!spec.events) {
    const auto tracks = client.range(
        spec.query, {asked.begin_ms + spec.interval_ms, asked.end_ms, spec.interval_ms}, stop);
    if (!tracks) return std::unexpected(tracks.error());
    answer.counted = slo::count_samples(spec, asked, *tracks, *alive);
    for (const slo::CountedSlice& slice : answer.counted) {
      answer.slices.push_back(slo::judge_counted(spec, slice));
    }
    return answer;
  }
  if (!spec.events->histogram.empty()) {
    if (!histogram) {
      auto found = histogram_queries(client, spec, asked.end_ms, stop);
      if (!found) return std::unexpected(std::move(found.error()));
      histogram = std::move(*found);
    }
    spec.events = *histogram;
    answer.histogram = std::move(histogram);
  }
  const auto part = client.range(spec.events->part, range_of(spec, asked), stop);
  if (!part) return std::unexpected(part.error());
  const auto total = client.range(spec.events->total, range_of(spec, asked), stop);
  if (!total) return std::unexpected(total.error());
  answer.counted = slo::count_slices(spec, asked, *part, *total, *alive);
  for (const slo::CountedSlice& slice : answer.counted) {
    answer.slices.push_back(slo::judge_counted(spec, slice));
  }
  return answer;
}

}  // namespace app
