// Evaluations stand on a grid; the one at the end of a slice closes it and opens the next, so the
// growth from the last evaluation of one slice to the first of the next is in the one that ends:
//
//   slice     |     0     |     1     |
//   evaluated a     b     c     d     e      slice 0 has what grew a-c, threshold samples b and c
#include "slo/series_rule.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <utility>

namespace slo {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;

std::optional<double> bound_of(std::string_view labels) {
  const std::string text = label_value(labels, "le");
  double bound = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bound);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return bound;
}

}  // namespace

bool holds(double value, Comparison comparison, double bound) {
  switch (comparison) {
    case Comparison::kLt: return value < bound;
    case Comparison::kLte: return value <= bound;
    case Comparison::kGt: return value > bound;
    case Comparison::kGte: return value >= bound;
    case Comparison::kNot: return value != bound;
  }
  return false;
}

std::int64_t SeriesRule::due_ns(std::int64_t now_boot_ns) const {
  const std::int64_t interval_ns = spec_.interval_ms * kNsPerMs;
  return (now_boot_ns / interval_ns + 1) * interval_ns;
}

std::vector<SliceEvent> SeriesRule::evaluate(std::int64_t now_boot_ns, std::string_view page) {
  std::vector<SliceEvent> events;
  const std::int64_t slice_ns = spec_.slice_ms * kNsPerMs;
  // An evaluation belongs to the grid point it was due at.
  const std::int64_t interval_ns = spec_.interval_ms * kNsPerMs;
  const std::int64_t now_slice = now_boot_ns / interval_ns * interval_ns / slice_ns;
  const bool is_first_of_slice = !slice_ || now_slice != *slice_;
  // The one that is due at the end of the slice, or the first after it.
  look(page);
  if (!is_first_of_slice) return events;
  const bool on_time = now_boot_ns / interval_ns * interval_ns == now_slice * slice_ns;
  const bool closes = on_time && slice_ && now_slice == *slice_ + 1;
  if (slice_ && announced_) {
    const auto [state, cause] = closes ? verdict() : std::pair{State::kUnknown, Cause::kStalled};
    events.push_back({*slice_ * slice_ns, state, cause});
  }
  // What came after a slice and was not seen must not be taken for more of it.
  if (slice_ && !closes) {
    const std::int64_t begin_ns = (*slice_ + 1) * slice_ns;
    if (begin_ns < now_slice * slice_ns || !on_time) {
      events.push_back({begin_ns, std::nullopt, Cause::kNone});
      events.push_back({begin_ns, State::kUnknown, Cause::kStalled});
    }
  }
  slice_ = now_slice;
  counts_ = {};
  seen_ = 0;
  absent_ = 0;
  announced_ = on_time;
  if (announced_) events.push_back({now_slice * slice_ns, std::nullopt, Cause::kNone});
  return events;
}

void SeriesRule::look(std::string_view page) {
  ++seen_;
  problem_.clear();
  if (spec_.kind == SeriesSpec::Kind::kThreshold) {
    bool any = false;
    spec_.metric->each(page, [&](std::string_view, double value) {
      if (std::isnan(value)) return;
      any = true;
      counts_.total += 1;
      if (holds(value, spec_.comparison, spec_.value)) counts_.good += 1;
    });
    if (any) return;
    problem_ = "no series " + spec_.metric->name() + " with these labels";
    if (spec_.when_absent == WhenAbsent::kUnknown) {
      ++absent_;
    } else {
      counts_.total += 1;
      counts_.good += spec_.when_absent == WhenAbsent::kGood ? 1 : 0;
    }
    return;
  }
  double part = 0;
  double total = 0;
  const bool has_total = look_at_counters(*spec_.total, total_before_, page, false, total);
  const bool has_part = look_at_counters(*spec_.part, part_before_, page, true, part);
  if (!has_total) problem_ = "no series " + spec_.total->name() + " with these labels";
  // A missing series of bad events may only mean that there were none yet; without the good ones
  // nothing can be said.
  if (!has_total || (spec_.part_is_good && !has_part) || !has_baseline_) {
    if (has_total && has_baseline_ && problem_.empty()) {
      problem_ = "no series " + spec_.part->name() + " with these labels";
    }
    ++absent_;
    has_baseline_ = has_total && (!spec_.part_is_good || has_part);
    return;
  }
  counts_.total += total;
  counts_.good += spec_.part_is_good ? part : total - part;
}

bool SeriesRule::look_at_counters(const Selector& selector, std::map<std::string, double>& before,
                                  std::string_view page, bool is_part, double& grown) {
  std::map<std::string, double> now;
  std::vector<double> bounds;
  bool any = false;
  selector.each(page, [&](std::string_view labels, double value) {
    if (std::isnan(value)) return;
    if (is_part && spec_.part_bound) {
      const auto bound = bound_of(labels);
      if (!bound) return;
      bounds.push_back(*bound);
      if (*bound != *spec_.part_bound) return;
    }
    any = true;
    now.emplace(labels, value);
  });
  for (const auto& [labels, value] : now) {
    const auto old = before.find(labels);
    if (old != before.end()) grown += value < old->second ? value : value - old->second;
  }
  before = std::move(now);
  if (!any && !bounds.empty()) {
    std::ranges::sort(bounds);
    const auto [first, last] = std::ranges::unique(bounds);
    bounds.erase(first, last);
    problem_ = "the threshold is no bound of a bucket; there are";
    for (const double bound : bounds) {
      char text[40];
      std::snprintf(text, sizeof text, " %g", bound);
      problem_ += text;
    }
  }
  return any;
}

// Exact as long as counts are whole numbers below 2^53.
std::pair<State, Cause> SeriesRule::verdict() const {
  const std::int64_t expected = spec_.slice_ms / spec_.interval_ms;
  if (2 * seen_ < expected) return {State::kUnknown, Cause::kStalled};
  if (2 * (seen_ - absent_) < expected) return {State::kUnknown, Cause::kNoData};
  if (counts_.total <= 0) {
    if (spec_.kind == SeriesSpec::Kind::kThreshold) return {State::kUnknown, Cause::kNoData};
    switch (spec_.when_absent) {
      case WhenAbsent::kUnknown: return {State::kUnknown, Cause::kNoEvents};
      case WhenAbsent::kGood: return {State::kUp, Cause::kNone};
      case WhenAbsent::kBad: return {State::kDown, Cause::kNoEvents};
    }
  }
  const bool good = static_cast<long double>(counts_.good) * kBillion >=
                    static_cast<long double>(counts_.total) * spec_.target_ppb;
  return good ? std::pair{State::kUp, Cause::kNone} : std::pair{State::kDown, Cause::kResponse};
}

}  // namespace slo
