#include "slo/record_events.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <set>
#include <tuple>

#include "slo/bucket_bound.h"
#include "slo/windows.h"

namespace slo {
namespace {

struct Grown {
  double value = 0;
  bool is_there = false;
};

class Slices {
 public:
  Slices(const RecordSpec& spec, const Period& asked)
      : asked_(asked),
        slice_ms_(spec.slice_ms),
        count_(static_cast<std::size_t>(
            std::max<std::int64_t>(0, asked.length_ms() / spec.slice_ms))) {}

  std::size_t count() const { return count_; }
  Period period(std::size_t slice) const {
    const std::int64_t begin_ms = asked_.begin_ms + static_cast<std::int64_t>(slice) * slice_ms_;
    return {begin_ms, begin_ms + slice_ms_};
  }
  // The one in whose (begin, end] the instant lies.
  std::optional<std::size_t> of(std::int64_t utc_ms) const {
    if (utc_ms <= asked_.begin_ms) return std::nullopt;
    const auto slice = static_cast<std::size_t>((utc_ms - asked_.begin_ms - 1) / slice_ms_);
    return slice < count_ ? std::optional(slice) : std::nullopt;
  }
  bool is_end(std::int64_t utc_ms) const { return (utc_ms - asked_.begin_ms) % slice_ms_ == 0; }

 private:
  Period asked_;
  std::int64_t slice_ms_;
  std::size_t count_;
};

std::vector<Grown> growth(const Slices& slices, const std::vector<Track>& tracks) {
  std::vector<Grown> grown(slices.count());
  for (const Track& track : tracks) {
    std::optional<double> before;
    for (const Track::Sample& sample : track.samples) {
      if (std::isnan(sample.value)) continue;
      if (const auto slice = slices.of(sample.utc_ms)) {
        grown[*slice].is_there = true;
        if (before) {
          grown[*slice].value += sample.value < *before ? sample.value : sample.value - *before;
        }
      }
      before = sample.value;
    }
  }
  return grown;
}

std::vector<Grown> numbers(const Slices& slices, const std::vector<Track>& tracks, double scale) {
  std::vector<Grown> counted(slices.count());
  for (const Track& track : tracks) {
    for (const Track::Sample& sample : track.samples) {
      const auto slice = slices.of(sample.utc_ms);
      if (!slice || !slices.is_end(sample.utc_ms) || !std::isfinite(sample.value)) continue;
      counted[*slice].is_there = true;
      counted[*slice].value += std::max(0.0, sample.value) * scale;
    }
  }
  return counted;
}

// As a pattern that means itself.
std::string pattern_of(const std::string& label) {
  std::string pattern;
  for (const char c : label) {
    pattern += c == '.' || c == '+' ? std::string("[") + c + "]" : std::string(1, c);
  }
  return pattern;
}

std::string text_of(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

}  // namespace

std::vector<CountedSlice> count_slices(const RecordSpec& spec, const Period& asked,
                                       const std::vector<Track>& part,
                                       const std::vector<Track>& total,
                                       const std::vector<Track>& alive) {
  const EventQueries& queries = *spec.events;
  const Slices slices(spec, asked);
  const auto count = [&](const std::vector<Track>& tracks, double scale) {
    return queries.counters ? growth(slices, tracks) : numbers(slices, tracks, scale);
  };
  const std::vector<Grown> parts = count(part, queries.part_scale);
  const std::vector<Grown> totals = count(total, queries.total_scale);
  std::vector<std::int64_t> fresh(slices.count());
  for (const Track& track : alive) {
    for (const Track::Sample& sample : track.samples) {
      if (const auto slice = slices.of(sample.utc_ms)) ++fresh[*slice];
    }
  }
  std::vector<CountedSlice> counted;
  for (std::size_t i = 0; i < slices.count(); ++i) {
    CountedSlice& slice = counted.emplace_back();
    slice.period = slices.period(i);
    slice.is_known = 2 * fresh[i] >= spec.slice_ms / spec.interval_ms && totals[i].is_there &&
                     (parts[i].is_there || !queries.part_is_good);
    if (!slice.is_known) continue;
    const double one = std::min(parts[i].value, totals[i].value);
    slice.good = queries.part_is_good ? one : totals[i].value - one;
    slice.bad = totals[i].value - slice.good;
  }
  return counted;
}

std::string derived_selector(const std::string& selector, const std::string& suffix,
                             const std::string& matcher) {
  const std::size_t brace = selector.find('{');
  std::string name = selector.substr(0, brace);
  while (name.ends_with(' ')) name.pop_back();
  std::string matchers;
  if (brace != std::string::npos) {
    matchers = selector.substr(brace + 1, selector.rfind('}') - brace - 1);
  }
  while (matchers.ends_with(' ') || matchers.ends_with(',')) matchers.pop_back();
  if (!matchers.empty() && !matcher.empty()) matchers += ",";
  matchers += matcher;
  return name + suffix + (matchers.empty() ? "" : "{" + matchers + "}");
}

exporter::Result<EventQueries> classic_queries(const EventQueries& latency,
                                               const std::vector<Track>& buckets) {
  std::set<double> bounds;
  std::string found;
  for (const Track& bucket : buckets) {
    const auto label = bucket.labels.find("le");
    const auto bound = label == bucket.labels.end() ? std::nullopt : bucket_bound(label->second);
    if (!bound) continue;
    bounds.insert(*bound);
    // Servers write one bound in several ways: 1 and 1.0.
    if (*bound == latency.bound) found += (found.empty() ? "" : "|") + pattern_of(label->second);
  }
  if (found.empty()) {
    return exporter::fail(exporter::ErrorKind::kInvalid, "the threshold " + text_of(latency.bound) +
                                                             " is no bound of a bucket of " +
                                                             latency.histogram + "; there are" +
                                                             bounds_text(bounds));
  }
  EventQueries queries = latency;
  queries.counters = true;
  queries.part = derived_selector(latency.histogram, "_bucket", "le=~\"" + found + "\"");
  queries.total = derived_selector(latency.histogram, "_count");
  return queries;
}

EventQueries native_queries(const EventQueries& latency, std::int64_t slice_ms) {
  EventQueries queries = latency;
  const std::string grown =
      "sum(increase(" + latency.histogram + "[" + duration_label(slice_ms) + "]))";
  queries.total = "histogram_count(" + grown + ")";
  queries.part =
      "histogram_fraction(-Inf, " + text_of(latency.bound) + ", " + grown + ") * " + queries.total;
  return queries;
}

}  // namespace slo
