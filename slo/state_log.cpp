#include "slo/state_log.h"

#include <algorithm>
#include <cassert>

namespace slo {

StateLog::StateLog(std::size_t max_changes) : max_changes_(std::max<std::size_t>(4, max_changes)) {}

bool StateLog::append(std::int64_t t_ms, State state, Cause cause) {
  assert(state != State::kExcluded);
  if (changes_.empty()) {
    origin_ms_ = t_ms;
    changes_.push_back({t_ms, 0, 0, state, cause});
    return true;
  }
  Change& last = changes_.back();
  assert(t_ms >= last.t_ms);
  if (last.state == state && (state != State::kUnknown || last.cause == cause)) return false;
  if (t_ms == last.t_ms) {
    last.state = state;
    last.cause = cause;
    // What was taken for a change turned out to be none.
    const Change* before = changes_.size() > 1 ? &last - 1 : nullptr;
    if (before != nullptr && before->state == state &&
        (state != State::kUnknown || before->cause == cause)) {
      changes_.pop_back();
    }
    return true;
  }
  const Totals before = from(last, t_ms);
  if (changes_.size() == max_changes_) {
    const std::size_t quarter = max_changes_ / 4;
    changes_.erase(changes_.begin(), changes_.begin() + static_cast<std::ptrdiff_t>(quarter));
    dropped_ += quarter;
  }
  changes_.push_back({t_ms, before.down_ms, before.unknown_ms, state, cause});
  return true;
}

Totals StateLog::at(std::int64_t t_ms) const {
  if (changes_.empty()) return {};
  if (t_ms >= changes_.back().t_ms) return from(changes_.back(), t_ms);
  const auto after =
      std::upper_bound(changes_.begin(), changes_.end(), t_ms,
                       [](std::int64_t t, const Change& change) { return t < change.t_ms; });
  if (after == changes_.begin()) return from(*after, after->t_ms);
  return from(*std::prev(after), t_ms);
}

const StateLog::Change* StateLog::change_at(std::int64_t t_ms) const {
  const auto after = std::upper_bound(changes_.begin(), changes_.end(), t_ms,
                                      [](std::int64_t t, const Change& c) { return t < c.t_ms; });
  return after == changes_.begin() ? nullptr : &*std::prev(after);
}

State StateLog::state_at(std::int64_t t_ms) const {
  const Change* change = change_at(t_ms);
  return change == nullptr ? State::kUnknown : change->state;
}

Cause StateLog::cause_at(std::int64_t t_ms) const {
  const Change* change = change_at(t_ms);
  return change == nullptr ? Cause::kNone : change->cause;
}

}  // namespace slo
