// Evaluations stand on a grid; the one at the end of a slice closes it and opens the next, so the
// growth from the last evaluation of one slice to the first of the next is in the one that ends:
//
//   slice     |     0     |     1     |
//   evaluated a     b     c     d     e      slice 0 has what grew a-c, threshold samples b and c
#include "slo/series_rule.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "exporter/core/clock.h"

namespace slo {
namespace {

using exporter::kNsPerMs;

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

std::pair<State, Cause> judged_by_share(long double good, long double total,
                                        std::int64_t target_ppb) {
  const bool is_good = good * kBillion >= total * static_cast<long double>(target_ppb);
  return is_good ? std::pair{State::kUp, Cause::kNone} : std::pair{State::kDown, Cause::kResponse};
}

std::pair<State, Cause> judged_without_events(WhenAbsent when_absent) {
  switch (when_absent) {
    case WhenAbsent::kUnknown: break;
    case WhenAbsent::kGood: return {State::kUp, Cause::kNone};
    case WhenAbsent::kBad: return {State::kDown, Cause::kNoEvents};
  }
  return {State::kUnknown, Cause::kNoEvents};
}

SeriesRule::SeriesRule(SeriesSpec spec) : spec_(std::move(spec)) {
  if (spec_.kind != SeriesSpec::Kind::kEvents) return;
  part_.emplace(*spec_.part, spec_.part_bound);
  total_.emplace(*spec_.total);
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
  // Counters tell what happened between two looks, however far apart.
  const bool stretches = spec_.counted && spec_.kind == SeriesSpec::Kind::kEvents &&
                         spec_.slice_ms == spec_.interval_ms && announced_;
  const bool closes = on_time && slice_ && (now_slice == *slice_ + 1 || stretches);
  if (closes && announced_ && spec_.counted) {
    events.push_back(closed(now_slice * slice_ns));
  } else if (slice_ && announced_) {
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
  counts_ = {std::exchange(ahead_, 0), 0};
  seen_ = 0;
  absent_ = 0;
  announced_ = on_time;
  if (announced_) events.push_back({now_slice * slice_ns, std::nullopt, Cause::kNone});
  return events;
}

void SeriesRule::look(std::string_view page) {
  ++seen_;
  problem_.clear();
  if (spec_.kind == SeriesSpec::Kind::kThreshold) return look_at_samples(page);
  const bool has_total = total_->look(page);
  const bool has_part = part_->look(page);
  // A missing series of bad events may only mean that there were none yet; without the good ones
  // nothing can be said.
  const bool is_usable = has_total && (has_part || !spec_.part_is_good);
  if (!has_total) {
    problem_ = total_->problem();
  } else if (!is_usable) {
    problem_ = part_->problem();
  }
  if (!std::exchange(has_baseline_, is_usable) || !is_usable) {
    ++absent_;
    return;
  }
  counts_.total += total_->grown();
  counts_.good += spec_.part_is_good ? part_->grown() : total_->grown() - part_->grown();
}

void SeriesRule::look_at_samples(std::string_view page) {
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
}

// A counted slice with its events. The series of a page are read one after the other, so that a
// part may be ahead of its total for a moment.
SliceEvent SeriesRule::closed(std::int64_t end_ns) {
  SliceEvent event{*slice_ * spec_.slice_ms * kNsPerMs, std::nullopt, Cause::kNone, end_ns, {}};
  const std::int64_t expected = spec_.slice_ms / spec_.interval_ms;
  if (2 * (seen_ - absent_) < expected) {
    event.state = State::kUnknown;
    event.cause = 2 * seen_ < expected ? Cause::kStalled : Cause::kNoData;
    return event;
  }
  const double good = std::clamp(counts_.good, 0.0, counts_.total);
  event.count = whole_.take(good, counts_.total - good);
  ahead_ = counts_.good - good;
  if (std::abs(ahead_) > counts_.total) {
    problem_ = "more " + part_->name() + " than " + total_->name();
    ahead_ = 0;
  }
  return event;
}

// Exact as long as counts are whole numbers below 2^53.
std::pair<State, Cause> SeriesRule::verdict() const {
  const std::int64_t expected = spec_.slice_ms / spec_.interval_ms;
  if (2 * seen_ < expected) return {State::kUnknown, Cause::kStalled};
  if (2 * (seen_ - absent_) < expected) return {State::kUnknown, Cause::kNoData};
  if (counts_.total <= 0) {
    if (spec_.kind == SeriesSpec::Kind::kThreshold) return {State::kUnknown, Cause::kNoData};
    return judged_without_events(spec_.when_absent);
  }
  return judged_by_share(counts_.good, counts_.total, spec_.target_ppb);
}

}  // namespace slo
