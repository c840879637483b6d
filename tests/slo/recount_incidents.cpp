// The incidents of the oracle, from its cells and samples.
#include <algorithm>
#include <limits>

#include "tests/slo/recount.h"

namespace slo::testing {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();

}  // namespace

// All lists are in order of time: the binary searches below only keep long histories affordable.
std::int64_t Recount::detected_at(std::int64_t start_ms) const {
  auto probe = std::lower_bound(probes_.begin(), probes_.end(), start_ms,
                                [](const Probe& p, std::int64_t t) { return p.sent_ms < t; });
  for (; probe != probes_.end() && probe->sent_ms == start_ms; ++probe) {
    if (probe->decided_ms >= 0) return probe->decided_ms;
  }
  const auto step =
      std::upper_bound(steps_.begin(), steps_.end(), start_ms,
                       [](std::int64_t t, const Step& s) { return t < s.settled_ms; });
  return step == steps_.end() ? -1 : step->now_ms;
}

std::int64_t Recount::last_good_before(std::int64_t t_ms) const {
  if (const auto told = told_.find(t_ms); told != told_.end()) return told->second;
  std::int64_t last = kNever;
  if (is_host()) {
    for (std::size_t i = index(t_ms); i-- > 0 && last == kNever;) {
      const std::int64_t cell_ms = since_ms_ + static_cast<std::int64_t>(i) * unit_ms_;
      if (cells_[i].state == State::kUp && !excluded(cell_ms)) last = cell_ms + unit_ms_;
    }
    for (const auto& [instant_ms, state] : instants_) {
      if (state == State::kUp && instant_ms <= t_ms && !excluded(instant_ms)) {
        last = std::max(last, instant_ms);
      }
    }
    return last == kNever ? t_ms : last;
  }
  const auto good = std::lower_bound(good_ms_.begin(), good_ms_.end(), t_ms);
  if (good != good_ms_.begin()) last = *std::prev(good);
  for (const Exclusion& e : exclusions_) {
    if (e.end_ms < since_ms_ || e.end_ms >= t_ms || excluded(e.end_ms)) continue;
    if (cells_[index(e.end_ms)].state == State::kUp) last = std::max(last, e.end_ms);
  }
  return last == kNever ? t_ms : last;
}

std::vector<Recount::Incident> Recount::incidents_from_cells() const {
  std::vector<Incident> found;
  std::int64_t excluded_since = 0;  // valid if met_excluded: since the last known cell
  bool met_excluded = false;
  const auto see = [&](std::int64_t t, State state) {
    if (excluded(t)) {
      if (!met_excluded) excluded_since = t;
      met_excluded = true;
      return;
    }
    if (state == State::kUnknown) return;
    const bool open = !found.empty() && !found.back().end_ms;
    if (state == State::kDown && !open) {
      found.push_back({t, std::nullopt, detected_at(t), last_good_before(t)});
    }
    if (state == State::kUp && open) found.back().end_ms = met_excluded ? excluded_since : t;
    met_excluded = false;
  };
  std::size_t instant = 0;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const std::int64_t t = since_ms_ + static_cast<std::int64_t>(i) * unit_ms_;
    while (instant < instants_.size() && instants_[instant].first <= t) {
      see(instants_[instant].first, instants_[instant].second);
      ++instant;
    }
    see(t, cells_[i].state);
  }
  // A host that is back is seen at once, before its first cell is full.
  if (is_host() && !cells_.empty() && cells_.back().state != State::kUp) {
    see(settled_ms(), State::kUp);
  }
  return found;
}

std::vector<Recount::Incident> Recount::incidents_from_samples() const {
  std::vector<const Probe*> known;
  for (const Probe& probe : probes_) {
    if (probe.decided_ms >= 0 && probe.result->state != State::kUnknown) known.push_back(&probe);
  }
  const auto run = [&](std::size_t from, State state, int length) {
    for (std::size_t i = from; i < from + static_cast<std::size_t>(length); ++i) {
      if (i >= known.size() || known[i]->result->state != state) return false;
    }
    return true;
  };
  std::vector<Incident> found;
  for (std::size_t i = 0; i < known.size();) {
    if (!run(i, State::kDown, spec_->failures)) {
      ++i;
      continue;
    }
    const std::size_t last = i + static_cast<std::size_t>(spec_->failures) - 1;
    found.push_back({known[i]->sent_ms, std::nullopt, known[last]->decided_ms,
                     last_good_before(known[i]->sent_ms)});
    std::size_t end = last + 1;
    while (end < known.size() && !run(end, State::kUp, spec_->successes)) ++end;
    if (end < known.size()) found.back().end_ms = known[end]->sent_ms;
    i = end + static_cast<std::size_t>(spec_->successes);
  }
  return found;
}

std::vector<Recount::Incident> Recount::incidents() const {
  const bool gated = !is_host() && (spec_->failures > 1 || spec_->successes > 1);
  const std::vector<Incident> apart = gated ? incidents_from_samples() : incidents_from_cells();
  std::vector<Incident> merged;
  for (const Incident& incident : apart) {
    if (!merged.empty() && incident.start_ms - *merged.back().end_ms <= spec_->merge_gap()) {
      merged.back().end_ms = incident.end_ms;
    } else {
      merged.push_back(incident);
    }
  }
  return merged;
}

}  // namespace slo::testing
