#include "app/config_record.h"

#include <algorithm>

#include "app/config_sources.h"
#include "exporter/core/text.h"
#include "slo/series_selector.h"
#include "slo/windows.h"

namespace app {
namespace {

constexpr std::size_t kMaxQueryBytes = 8'192;

// Text that is a query and fits; whether it is right PromQL the source knows.
std::string read_query(const YamlValue& value) {
  std::string text = value.text().value_or("");
  if (text.empty()) value.error("is empty");
  if (text.size() > kMaxQueryBytes) value.error("is longer than 8192 letters");
  return text;
}

std::string read_selector_text(YamlMap& map, std::string_view key) {
  const auto value = map.require(key);
  if (!value) return {};
  std::string text = value->text().value_or("");
  const auto selector = slo::Selector::parse(text);
  if (selector) return text;
  value->error(exporter::printable(selector.error().message, 300));
  return {};
}

bool is_selector(const std::string& text) { return slo::Selector::parse(text).has_value(); }

// rate() is per second; of increase() every one counts.
double scale_of(const std::string& query, std::int64_t slice_ms) {
  const bool is_rate =
      query.find("rate(") != std::string::npos && query.find("increase(") == std::string::npos;
  return is_rate ? static_cast<double>(slice_ms) / 1000 : 1;
}

slo::EventQueries with_slice(slo::EventQueries events, const slo::SeriesSpec& spec) {
  if (events.counters) {
    events.part = fresh_query(events.part, spec.interval_ms);
    events.total = fresh_query(events.total, spec.interval_ms);
  } else if (events.histogram.empty()) {
    events.part_scale = scale_of(events.part, spec.slice_ms);
    events.total_scale = scale_of(events.total, spec.slice_ms);
    events.part = with_window(events.part, spec.slice_ms);
    events.total = with_window(events.total, spec.slice_ms);
  }
  return events;
}

}  // namespace

bool read_asked_source(YamlMap& map, const std::vector<SourceSpec>& sources, Asked& asked) {
  const auto named = map.take("source");
  if (!named) return false;
  const std::string name = named->text().value_or("");
  const auto source = std::ranges::find(sources, name, &SourceSpec::name);
  if (source != sources.end()) {
    asked.source = &*source;
  } else {
    named->error("there is no source '" + exporter::printable(name, 80) + "'");
  }
  return true;
}

void read_asked_value(YamlMap& map, Asked& asked) {
  const auto query = map.take("query");
  const auto metric = map.take("metric");
  if (query) {
    asked.query = read_query(*query);
    if (metric) metric->error("and 'query' are two ways to say one thing: keep one");
  } else if (metric) {
    const std::string text = metric->text().value_or("");
    if (const auto selector = slo::Selector::parse(text)) {
      asked.metric = text;
    } else {
      metric->error(exporter::printable(selector.error().message, 300) + "; PromQL is 'query'");
    }
  } else if (!map.is_told("metric") && !map.is_told("query")) {
    map.value().error("needs 'metric', a selector, or 'query', PromQL");
  }
}

void read_asked_events(YamlMap& map, Asked& asked) {
  const auto good = map.take("good");
  const auto bad = map.take("bad");
  const auto total = map.require("total");
  if (good && bad) bad->error("and 'good' are two ways to say one thing: keep one");
  if (!good && !bad && !map.is_told("good") && !map.is_told("bad")) {
    map.value().error("needs 'good' or 'bad' beside 'total'");
  }
  if (!total || (!good && !bad)) return;
  slo::EventQueries events;
  events.part_is_good = good.has_value();
  events.part = read_query(good ? *good : *bad);
  events.total = read_query(*total);
  events.counters = is_selector(events.part);
  if (events.counters != is_selector(events.total)) {
    total->error("must be a plain selector as the other one is, or both of them PromQL");
  }
  asked.events = std::move(events);
}

void read_asked_latency(YamlMap& map, Asked& asked) {
  slo::EventQueries events;
  events.histogram = read_selector_text(map, "histogram");
  if (const auto threshold = map.require("threshold")) {
    if (const auto ms = threshold->duration_ms()) events.bound = static_cast<double>(*ms) / 1000;
  }
  if (!events.histogram.empty()) asked.events = std::move(events);
}

std::int64_t default_interval_ms(const Asked& asked) {
  const bool by_promql = asked.events && !asked.events->counters;
  return by_promql ? slo::kMinuteMs : slo::SeriesSpec().interval_ms;
}

slo::RecordSpec record_of(const Asked& asked, const slo::SeriesSpec& spec) {
  slo::RecordSpec record;
  record.source = asked.source->name;
  if (asked.events) {
    record.events = with_slice(*asked.events, spec);
  } else {
    record.query = asked.query.empty() ? fresh_query(asked.metric, spec.interval_ms)
                                       : with_window(asked.query, spec.slice_ms);
  }
  record.counted = spec.counted;
  record.comparison = spec.comparison;
  record.value = spec.value;
  record.when_absent = spec.when_absent;
  record.interval_ms = spec.interval_ms;
  record.slice_ms = spec.slice_ms;
  record.target_ppb = spec.target_ppb;
  return record;
}

}  // namespace app
