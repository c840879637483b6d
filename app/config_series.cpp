#include "app/config_series.h"

#include <array>
#include <charconv>
#include <cmath>

#include "app/config_record.h"
#include "exporter/core/text.h"

namespace app {
namespace {

using slo::Comparison;
using slo::SeriesSpec;

constexpr std::array<const char*, 4> kKinds{"threshold", "gauge", "events", "latency"};

std::optional<slo::Selector> read_selector(YamlMap& map, std::string_view key, bool required) {
  const auto value = required ? map.require(key) : map.take(key);
  if (!value) return std::nullopt;
  const auto text = value->text();
  if (!text) return std::nullopt;
  if (text->find("{{") != std::string::npos || text->find('(') != std::string::npos) {
    value->error(
        "is PromQL: only a plain selector over this daemon's own series is understood here");
    return std::nullopt;
  }
  auto selector = slo::Selector::parse(*text);
  if (selector) return std::move(*selector);
  value->error(exporter::printable(selector.error().message, 300));
  return std::nullopt;
}

void read_absent(YamlMap& map, std::string_view key, SeriesSpec& spec) {
  const auto value = map.take(key);
  if (!value) return;
  const auto text = value->text();
  if (!text) return;
  if (*text == "ignore") {
    spec.when_absent = slo::WhenAbsent::kUnknown;
  } else if (*text == "good") {
    spec.when_absent = slo::WhenAbsent::kGood;
  } else if (*text == "bad") {
    spec.when_absent = slo::WhenAbsent::kBad;
  } else {
    value->error("must be good, ignore or bad");
  }
}

// `metric` of the daemon itself; with a `source`, `metric` or `query` of that.
void read_metric(YamlMap& map, const std::vector<SourceSpec>& sources, Asked& asked,
                 SeriesSpec& spec) {
  if (read_asked_source(map, sources, asked)) {
    read_asked_value(map, asked);
    return;
  }
  if (const auto query = map.take("query"))
    query->error("needs a 'source' that understands PromQL");
  spec.metric = read_selector(map, "metric", true);
}

void read_threshold(YamlMap& map, SeriesSpec& spec) {
  constexpr std::array<const char*, 4> kNames{"lt", "lte", "gt", "gte"};
  if (const auto op = map.require("op")) {
    const auto text = op->text();
    bool known = false;
    for (std::size_t i = 0; text && i < kNames.size(); ++i) {
      if (*text != kNames[i]) continue;
      spec.comparison = static_cast<Comparison>(i);
      known = true;
    }
    if (text && !known) op->error("must be lt, lte, gt or gte");
  }
  if (const auto value = map.require("value")) {
    const std::string text = value->text().value_or("0");
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), spec.value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(spec.value)) {
      value->error("must be a number");
    }
  }
  read_absent(map, "absent", spec);
}

void read_events(YamlMap& map, const std::vector<SourceSpec>& sources, Asked& asked,
                 SeriesSpec& spec) {
  spec.kind = SeriesSpec::Kind::kEvents;
  if (read_asked_source(map, sources, asked)) {
    read_asked_events(map, asked);
    read_absent(map, "no_events", spec);
    return;
  }
  auto good = read_selector(map, "good", false);
  auto bad = read_selector(map, "bad", false);
  spec.total = read_selector(map, "total", true);
  if (good && bad) map.value().error("'good' and 'bad' are two ways to say one thing: keep one");
  if (!good && !bad && !map.is_told("good") && !map.is_told("bad")) {
    map.value().error("needs 'good' or 'bad' beside 'total'");
  }
  spec.part_is_good = good.has_value();
  spec.part = good ? std::move(good) : std::move(bad);
  read_absent(map, "no_events", spec);
}

void read_latency(YamlMap& map, const std::vector<SourceSpec>& sources, Asked& asked,
                  SeriesSpec& spec) {
  spec.kind = SeriesSpec::Kind::kEvents;
  if (read_asked_source(map, sources, asked)) {
    read_asked_latency(map, asked);
    read_absent(map, "no_events", spec);
    return;
  }
  const auto histogram = read_selector(map, "histogram", true);
  if (const auto threshold = map.require("threshold")) {
    if (const auto ms = threshold->duration_ms()) {
      spec.part_bound = static_cast<double>(*ms) / 1000;
    }
  }
  if (histogram) {
    spec.part = histogram->renamed(histogram->name() + "_bucket");
    spec.total = histogram->renamed(histogram->name() + "_count");
  }
  read_absent(map, "no_events", spec);
}

// budgeting_method, timeslice_window and timeslice_target of the objective.
bool read_slices(YamlMap& slo_map, SeriesSpec& spec, bool samples,
                 slo::BudgetingMethod& budgeting) {
  const auto method = slo_map.take("budgeting_method");
  const std::string wanted = method    ? method->text().value_or("")
                             : samples ? "time"
                                       : "occurrences";
  const bool by_ratios = wanted == "ratio_timeslices";
  const bool sliced = by_ratios || wanted == "timeslices";
  const bool by_time = samples && wanted == "time";
  if (!by_time && !sliced && wanted != "occurrences") {
    method->error(std::string("must be ") + (samples ? "time, " : "") +
                  "occurrences, timeslices or ratio_timeslices here");
  }
  spec.counted = !by_time && wanted != "timeslices";
  if (spec.counted) {
    budgeting =
        by_ratios ? slo::BudgetingMethod::kRatioTimeslices : slo::BudgetingMethod::kOccurrences;
  }
  const auto window = slo_map.take("timeslice_window");
  const auto target = slo_map.take("timeslice_target");
  if (!sliced) {
    // Every evaluation is a slice: one sample that speaks until the next.
    spec.slice_ms = spec.interval_ms;
    if (window) window->error("goes with timeslices and ratio_timeslices only");
    if (target) target->error("goes with 'budgeting_method: timeslices' only");
    return false;
  }
  if (window) {
    if (const auto ms = window->duration_ms()) {
      spec.slice_ms = *ms;
      if (*ms % spec.interval_ms != 0 || *ms > slo::kHourMs) {
        window->error("must be a multiple of the interval, " +
                      slo::duration_label(spec.interval_ms) + ", and at most 1h");
      }
    }
  }
  if (target && by_ratios) {
    target->error("goes with 'budgeting_method: timeslices' only");
  } else if (target) {
    const std::string text = target->text().value_or("");
    std::string_view number = text;
    if (number.ends_with('%')) number.remove_suffix(1);
    const auto ppb = slo::parse_decimal(number, 7);
    if (ppb && *ppb > 0 && *ppb <= slo::kBillion) {
      spec.target_ppb = *ppb;
    } else {
      target->error("must be a share between 0 and 100 percent");
    }
  } else if (!by_ratios) {
    slo_map.value().error("timeslices need 'timeslice_target', the percentage of a good slice");
  }
  return true;
}

}  // namespace

bool has_series_sli(YamlMap& sli) {
  bool any = false;
  for (const char* kind : kKinds) any = sli.take(kind).has_value() || any;
  return any;
}

std::optional<SeriesSli> read_series_sli(YamlMap& slo_map, YamlMap& sli,
                                         const std::vector<SourceSpec>& sources,
                                         slo::SloSpec& spec) {
  SeriesSli read;
  Asked asked;
  std::string kind;
  std::optional<YamlValue> found;
  for (const char* one : kKinds) {
    const auto value = sli.take(one);
    if (!value) continue;
    if (!kind.empty()) {
      value->error("and '" + kind + "' are two ways to say one thing: keep one");
      return std::nullopt;
    }
    kind = one;
    found.emplace(*value);
  }
  if (!found) return std::nullopt;
  std::optional<YamlMap> map;
  if (kind == "gauge" && found->is_text()) {
    auto selector = slo::Selector::parse(found->text().value_or(""));
    if (selector) read.spec.metric = std::move(*selector);
    if (!selector) found->error(exporter::printable(selector.error().message, 300));
  } else {
    map.emplace(*found);
  }
  if (map) {
    if (kind == "threshold" || kind == "gauge") read_metric(*map, sources, asked, read.spec);
    if (kind == "threshold") read_threshold(*map, read.spec);
    if (kind == "events") read_events(*map, sources, asked, read.spec);
    if (kind == "latency") read_latency(*map, sources, asked, read.spec);
    if (kind == "gauge") read_absent(*map, "absent", read.spec);
    read.spec.interval_ms = default_interval_ms(asked);
    if (const auto interval = map->take("interval")) {
      if (const auto ms = interval->duration_ms()) read.spec.interval_ms = *ms;
      if (read.spec.interval_ms < slo::kSecondMs || read.spec.interval_ms > slo::kHourMs) {
        interval->error("must be between 1s and 1h");
      }
    }
    map->finish();
  }
  if (kind == "gauge") {
    read.spec.comparison = Comparison::kNot;
    read.spec.value = 0;
  }
  const bool is_samples = kind == "threshold" || kind == "gauge";
  read.sliced = read_slices(slo_map, read.spec, is_samples, spec.budgeting);
  if (asked.is_complete()) read.record = record_of(asked, read.spec);
  const bool complete = read.record || (read.spec.kind == SeriesSpec::Kind::kThreshold
                                            ? read.spec.metric.has_value()
                                            : read.spec.part && read.spec.total);
  if (!complete) return std::nullopt;
  spec.interval_ms = read.spec.slice_ms;
  spec.timeout_ms = read.spec.slice_ms;
  if (read.record) {
    spec.source = slo::SourceKind::kRecord;
    spec.timeout_ms = asked.source->timeout_ms;
    spec.record_ms = asked.source->backfill_ms;
  } else if (read.spec.counted) {
    spec.source = slo::SourceKind::kEvents;
  }
  if (read.spec.counted && !is_samples)
    spec.no_events = static_cast<slo::NoEvents>(read.spec.when_absent);
  const std::string written =
      found->flow({{"interval", slo::duration_label(read.spec.interval_ms)}});
  // The short form means the same as the long one, in the order that flow() gives.
  read.text = found->is_text()
                  ? "{" + kind + ": {interval: " + slo::duration_label(read.spec.interval_ms) +
                        ", metric: " + written + "}}"
                  : "{" + kind + ": " + written + "}";
  read.meaning = read.text + "\nslice " + std::to_string(read.spec.slice_ms) + " every " +
                 std::to_string(read.spec.interval_ms) + " target " +
                 std::to_string(read.spec.target_ppb);
  if (read.spec.counted) {
    read.meaning += read.sliced ? "\nby the ratios of slices" : "\nby occurrences";
  }
  return read;
}

}  // namespace app
