// A log of state changes with prefix sums: how long an objective was up, down and unknown in any
// window is a difference of two cumulative values, exact to the millisecond. Finding an edge is a
// binary search, or amortised O(1) through a cursor that only moves forward. Append-only: what is
// excluded later is an overlay (slo/overlay.h), never a rewrite. One thread.
//
// Memory: 32 bytes a change, at most max_changes of them; then the oldest quarter is dropped and
// begin_ms() says from where on the log still knows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "slo/state.h"

namespace slo {

struct Totals {
  std::int64_t up_ms = 0;
  std::int64_t down_ms = 0;
  std::int64_t unknown_ms = 0;
  std::int64_t excluded_ms = 0;

  std::int64_t sum_ms() const { return up_ms + down_ms + unknown_ms + excluded_ms; }
  Totals operator-(const Totals& other) const {
    return {up_ms - other.up_ms, down_ms - other.down_ms, unknown_ms - other.unknown_ms,
            excluded_ms - other.excluded_ms};
  }
  bool operator==(const Totals&) const = default;
};

class StateLog {
 public:
  static constexpr std::size_t kDefaultMaxChanges = 65'536;
  // A place in the log; starts anywhere.
  using Cursor = std::uint64_t;

  struct Change {
    std::int64_t t_ms;
    std::int64_t down_ms;  // cumulative before t_ms
    std::int64_t unknown_ms;
    State state;  // from t_ms on
    Cause cause;
  };

  explicit StateLog(std::size_t max_changes = kDefaultMaxChanges);

  // The state from t_ms on. t_ms is not before the last change; the same t_ms replaces it. A cause
  // is a change of its own only for unknown time: a target that stays down keeps its first cause.
  // Returns whether the log changed.
  bool append(std::int64_t t_ms, State state, Cause cause);

  // Cumulative milliseconds up to t_ms since the first change; before begin_ms() as at begin_ms().
  // The last state holds for ever. A cursor needs a log that is not empty.
  Totals at(std::int64_t t_ms) const;
  Totals at(std::int64_t t_ms, Cursor& cursor) const {
    if (cursor < dropped_ || cursor - dropped_ >= changes_.size()) cursor = dropped_;
    const Change* change = changes_.data() + (cursor - dropped_);
    if (t_ms < change->t_ms) return at(t_ms);
    for (const Change* last = &changes_.back(); change != last && change[1].t_ms <= t_ms;) {
      ++change;
      ++cursor;
    }
    return from(*change, t_ms);
  }

  // Unknown before the first change that is still known, and without a cause.
  State state_at(std::int64_t t_ms) const;
  Cause cause_at(std::int64_t t_ms) const;

  bool empty() const { return changes_.empty(); }
  std::int64_t begin_ms() const { return changes_.front().t_ms; }
  const Change& last() const { return changes_.back(); }
  const std::vector<Change>& changes() const { return changes_; }
  std::uint64_t dropped() const { return dropped_; }

 private:
  const Change* change_at(std::int64_t t_ms) const;
  Totals from(const Change& change, std::int64_t t_ms) const {
    const std::int64_t held_ms = t_ms - change.t_ms;
    Totals totals;
    totals.down_ms = change.down_ms + (change.state == State::kDown ? held_ms : 0);
    totals.unknown_ms = change.unknown_ms + (change.state == State::kUnknown ? held_ms : 0);
    totals.up_ms = t_ms - origin_ms_ - totals.down_ms - totals.unknown_ms;
    return totals;
  }

  std::vector<Change> changes_;
  std::int64_t origin_ms_ = 0;  // of the first change ever
  std::uint64_t dropped_ = 0;
  std::size_t max_changes_;
};

}  // namespace slo
