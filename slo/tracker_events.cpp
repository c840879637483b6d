// Objectives by events. A slice is two things: an amount in the log of events, which windows,
// budget, verdict and alerts are made from, and a sample of the state, which the incidents are made
// from: down when more than half of its events were bad. Of budgeting by the ratios of slices the
// amounts are nanoseconds: of a slice of a minute with 1 bad of 100, 0.6 s were down. An attempt of
// a probe is one event that lasts until the next, or until the probe has said nothing for too long.
#include <algorithm>
#include <cmath>
#include <utility>

#include "exporter/core/clock.h"
#include "slo/tracker.h"

namespace slo {
namespace {

using exporter::kNsPerMs;

template <class Row>
std::span<const Row> of_slo(const std::vector<Row>& rows, SloId id) {
  const auto range = std::ranges::equal_range(rows, id, {}, &Row::slo);
  return {range.begin(), range.end()};
}

}  // namespace

// What a slice puts into the log; nothing: the slice is no measurement.
std::optional<EventCount> SloTracker::amount_of(const EventCount& count,
                                                std::int64_t length_ms) const {
  if (by_events()) return count;
  if (count.total() == 0) return std::nullopt;
  const auto length_ns = static_cast<long double>(length_ms * kNsPerMs);
  const auto bad_ns = static_cast<std::int64_t>(std::llround(
      length_ns * static_cast<long double>(count.bad) / static_cast<long double>(count.total())));
  return EventCount{length_ms * kNsPerMs - bad_ns, bad_ns};
}

bool SloTracker::on_events(std::int64_t begin_ms, std::int64_t end_ms, EventCount count) {
  Sample sample{begin_ms, State::kUp, Cause::kNone, false};
  if (!take_events(sample, end_ms, count)) return false;
  // One that comes too late for the state has its events all the same.
  hold_.result(sample);
  return true;
}

// The slice waits to be settled, and the sample says what was so at its begin.
bool SloTracker::take_events(Sample& sample, std::int64_t end_ms, EventCount count) {
  const std::int64_t begin_ms = sample.sent_ms;
  if (!events_ || count.good < 0 || count.bad < 0 || begin_ms >= end_ms) return false;
  auto& waiting = events_->waiting;
  if (begin_ms < since_ms_ || (!events_->log.empty() && begin_ms < events_->log.end_ms()) ||
      (!waiting.empty() && begin_ms < waiting.back().piece.end_ms)) {
    return false;
  }
  const bool is_empty = count.total() == 0;
  if (is_empty && spec_->no_events == NoEvents::kBad) count.bad = 1;
  EventLog::Piece piece{begin_ms, end_ms, {}, EventLog::Kind::kKnown};
  if (is_empty && !by_events() && spec_->no_events == NoEvents::kGood) {
    piece.count.good = (end_ms - begin_ms) * kNsPerMs;
  } else if (const auto amount = amount_of(count, end_ms - begin_ms)) {
    piece.count = *amount;
    if (count.bad > count.good) {
      sample.state = State::kDown;
      sample.cause = is_empty ? Cause::kNoEvents : Cause::kResponse;
    }
  } else {
    piece.kind = EventLog::Kind::kNever;
    sample.state = State::kUnknown;
    sample.cause = Cause::kNoEvents;
  }
  waiting.push_back({piece, count});
  return true;
}

// Of a probe that is judged by its attempts: one event, for as long as it speaks.
void SloTracker::take_attempt(const Decided& decided) {
  EventLog& log = events_->log;
  log.cut(decided.t_ms);
  if (decided.state == State::kUnknown) return;
  EventCount count;
  if (decided.is_event) ++(decided.state == State::kUp ? count.good : count.bad);
  log.append({decided.t_ms, decided.t_ms + spec_->hold_ms(), count, EventLog::Kind::kKnown});
}

// A slice is taken once all of it is settled, so that windows end where both logs do. Failures
// while a dependency was down prove nothing: what else was in the slice is not known either.
void SloTracker::settle_events(Facts& out, Others dependencies) {
  std::size_t taken = 0;
  for (; taken < events_->waiting.size(); ++taken) {
    auto [piece, count] = events_->waiting[taken];
    if (piece.end_ms > settled_ms_) break;
    if (count.bad > 0 && was_down(dependencies, piece.begin_ms, piece.end_ms)) {
      piece.kind = EventLog::Kind::kNever;
      piece.count = count = {};
    }
    if (!events_->log.append(piece)) continue;
    if (!by_events()) events_->booked_ns += late_bad_ns(piece);
    counters_.events_good += count.good;
    counters_.events_bad += count.bad;
  }
  if (taken > 0) {
    changed_ = true;
    events_->waiting.erase(events_->waiting.begin(),
                           events_->waiting.begin() + static_cast<std::ptrdiff_t>(taken));
  }
  events_->log.take_rows(id_, {counters_.events_good, counters_.events_bad}, out.events);
}

// What of a slice was down after the counters' time, when it came so late that they are beyond its
// begin: what they have is unknown for good, the rest is still to be counted.
std::int64_t SloTracker::late_bad_ns(const EventLog::Piece& piece) {
  if (piece.begin_ms >= booked_ms_ || piece.end_ms <= booked_ms_) return 0;
  const EventTotals whole = events_between(planned(), piece.begin_ms, piece.begin_ms + 1);
  return static_cast<std::int64_t>(static_cast<long double>(whole.count.bad) *
                                   static_cast<long double>(piece.end_ms - booked_ms_) /
                                   static_cast<long double>(piece.end_ms - piece.begin_ms));
}

EventTotals SloTracker::events_between(const Overlay& overlay, std::int64_t from_ms,
                                       std::int64_t to_ms) const {
  EventLog::Cursor cursor;
  return event_totals(events_->log, overlay, since_ms_, from_ms, to_ms, cursor);
}

void SloTracker::read_events() {
  Events& events = *events_;
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    events.windows[i] =
        event_totals(events.log, shown(), since_ms_, begin_of(i), settled_ms_, events.cursors[i]);
  }
  if (by_events()) return;
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    windows_[i].totals = time_totals(events.windows[i]);
  }
}

void SloTracker::restore_events(const Facts& history, std::int64_t now_ms) {
  if (!events_) return;
  const auto rows = of_slo(history.events, id_);
  events_->log.restore(rows, now_ms);
  for (const EventBlock& row : rows) {
    counters_.events_good = std::max(counters_.events_good, row.events_good);
    counters_.events_bad = std::max(counters_.events_bad, row.events_bad);
  }
  if (events_->log.empty()) return;
  // Only one that came late lies across the end of the counters.
  if (const auto across = events_->log.pieces(booked_ms_); !by_events() && !across.empty()) {
    events_->booked_ns += late_bad_ns(across.front());
  }
  // A slice was seen to its end; how long an attempt would have spoken nobody knows.
  const bool by_attempts = spec_->source == SourceKind::kProbe;
  const std::int64_t seen_ms = by_attempts ? events_->log.newest_ms() + 1 : events_->log.end_ms();
  settled_ms_ = std::max(settled_ms_, std::min(seen_ms, now_ms));
}

// The time until then that is not in the counters, by state.
Totals SloTracker::unbooked(std::int64_t until_ms) {
  if (spec_->budgeting != BudgetingMethod::kRatioTimeslices) {
    return planned().at(log_, until_ms) - planned().at(log_, booked_ms_);
  }
  EventTotals events = events_between(planned(), booked_ms_, until_ms);
  events.count.bad += events_->booked_ns;
  Totals totals = time_totals(events);
  totals.down_ms = std::min(events.count.bad / kNsPerMs, events.known_ms);
  totals.up_ms = events.known_ms - totals.down_ms;
  events_->booked_ns = events.count.bad - totals.down_ms * kNsPerMs;
  return totals;
}

}  // namespace slo
