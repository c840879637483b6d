// What a source keeps is told slice by slice, and late when the monitor or the source was away:
//
//   told        now
//   |--- ... ---|      the state is unknown; counters and incidents wait at `told`
//   |=====|            a slice is told: it is as if it had been known in time
//         told
//
// With dependencies a slice waits until it is known whether one of them was down in it. So nothing
// is ever taken back: the log has at most one change that may still be replaced, the one
// at `told`, and counters have not moved beyond it.
#include <algorithm>

#include "slo/tracker.h"

namespace slo {
namespace {

// The grid of slices is the wall clock's, whose labels may be off by half a second: slices that
// leave or share so little are neighbours.
constexpr std::int64_t kJoinMs = kSecondMs;

}  // namespace

bool SloTracker::tell(const Told& told, std::int64_t now_ms, Facts& out) {
  const std::int64_t join_ms = std::min(kJoinMs, spec_->interval_ms / 2);
  if (spec_->source != SourceKind::kRecord || told.end_ms - told_ms() <= join_ms) return false;
  if (spec_->dependencies.empty()) {
    take(told, now_ms, out, {});
  } else {
    laid().told.push_back(told);
  }
  return true;
}

void SloTracker::take(Told told, std::int64_t now_ms, Facts& out, Others dependencies) {
  const std::int64_t join_ms = std::min(kJoinMs, spec_->interval_ms / 2);
  if (told.end_ms - booked_ms_ <= join_ms) return;  // given up while it waited
  if (told.begin_ms - booked_ms_ <= join_ms) told.begin_ms = booked_ms_;
  if (told.begin_ms > booked_ms_ && log_.last().state != State::kUnknown) {
    apply({booked_ms_, State::kUnknown, Cause::kLapsed, false}, now_ms, out);
  }
  // Sums over maintenance that is past were made from what was thought until now.
  if (settled_ms_ > told.begin_ms) plan_overlays();
  settled_ms_ = told.end_ms;
  if (told.count) {
    Sample sample{told.begin_ms, State::kUp, Cause::kNone, false};
    if (!take_events(sample, told.end_ms, *told.count)) sample.state = State::kUnknown;
    told.state = sample.state;
    if (told.cause != Cause::kBackfilled || sample.state == State::kUnknown) {
      told.cause = sample.cause;
    }
  }
  // A failure within a slice in which a dependency was down proves nothing.
  const bool blind =
      told.state == State::kDown && was_down(dependencies, told.begin_ms, told.end_ms);
  if (blind) {
    told.state = State::kUnknown;
    told.cause = Cause::kDependency;
  }
  const bool is_event = !events_ && told.state != State::kUnknown;
  apply({told.begin_ms, told.state, told.cause, is_event}, now_ms, out);
  if (events_) settle_events(out, dependencies);
  if (!planned().empty()) cross_edges(told.end_ms, now_ms, out);
  book(told.end_ms);
  blind_ = Cause::kNone;
}

void SloTracker::settle_record(std::int64_t now_ms, Facts& out, Others dependencies) {
  const auto is_settled = [&](std::int64_t t_ms) {
    return std::ranges::all_of(
        dependencies, [&](const SloTracker* other) { return other->settled_ms() >= t_ms; });
  };
  if (laid_) {
    auto& waiting = laid_->told;
    std::size_t taken = 0;
    for (; taken < waiting.size() && is_settled(waiting[taken].end_ms); ++taken) {
      take(waiting[taken], now_ms, out, dependencies);
    }
    waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(taken));
  }
  // A slice can be asked for when it is over, and the answer takes its time.
  const std::int64_t patience_ms = 2 * spec_->interval_ms + spec_->timeout_ms;
  const bool late = now_ms - booked_ms_ > patience_ms;
  if (blind_ != Cause::kNone) {
    apply({booked_ms_, State::kUnknown, blind_, false}, now_ms, out);
  } else if (late && log_.last().state != State::kUnknown) {
    apply({booked_ms_, State::kUnknown, Cause::kLapsed, false}, now_ms, out);
  }
  settled_ms_ = late || blind_ != Cause::kNone ? std::max(now_ms, booked_ms_) : booked_ms_;
  // Too old to be asked for.
  if (now_ms - booked_ms_ > spec_->record_ms + patience_ms) {
    book(now_ms - spec_->record_ms - patience_ms);
  }
}

}  // namespace slo
