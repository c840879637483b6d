// Totals up to t with the overlay = totals of the log up to t, less what the intervals cover of
// each state, plus the length of the intervals as excluded or up. The sums over past intervals
// are kept: a log does not change behind the time it is read at.
#include "slo/overlay.h"

#include <algorithm>

namespace slo {

void Overlay::set(const std::vector<Exclusion>& exclusions) {
  // Between two neighbouring edges nothing changes: how many intervals of each kind are open there
  // says what it is.
  struct Edge {
    std::int64_t t_ms;
    int excluded;
    int as_up;
  };
  std::vector<Edge> edges;
  for (const Exclusion& e : exclusions) {
    if (e.begin_ms >= e.end_ms) continue;
    const int up = e.counts_as_up ? 1 : 0;
    edges.push_back({e.begin_ms, 1 - up, up});
    edges.push_back({e.end_ms, up - 1, -up});
  }
  std::ranges::sort(edges, {}, &Edge::t_ms);

  intervals_.clear();
  before_.clear();
  int excluded = 0;
  int as_up = 0;
  for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
    excluded += edges[i].excluded;
    as_up += edges[i].as_up;
    const std::int64_t begin_ms = edges[i].t_ms;
    const std::int64_t end_ms = edges[i + 1].t_ms;
    if (begin_ms == end_ms || excluded + as_up == 0) continue;
    const bool counts_as_up = excluded == 0;
    if (!intervals_.empty() && intervals_.back().end_ms == begin_ms &&
        intervals_.back().counts_as_up == counts_as_up) {
      intervals_.back().end_ms = end_ms;
    } else {
      intervals_.push_back({begin_ms, end_ms, counts_as_up});
    }
  }
}

std::size_t Overlay::begun(std::int64_t t_ms) const {
  const auto after =
      std::upper_bound(intervals_.begin(), intervals_.end(), t_ms,
                       [](std::int64_t t, const Exclusion& e) { return t < e.begin_ms; });
  return static_cast<std::size_t>(after - intervals_.begin());
}

bool Overlay::contains(std::int64_t t_ms) const {
  const std::size_t count = begun(t_ms);
  return count > 0 && t_ms < intervals_[count - 1].end_ms;
}

void Overlay::add(const StateLog& log, const Exclusion& interval, std::int64_t until_ms,
                  Covered& sum) {
  const std::int64_t begin_ms = std::max(interval.begin_ms, log.begin_ms());
  const std::int64_t end_ms = std::min(interval.end_ms, until_ms);
  if (begin_ms >= end_ms) return;
  const Totals raw = log.at(end_ms) - log.at(begin_ms);
  sum.raw.up_ms += raw.up_ms;
  sum.raw.down_ms += raw.down_ms;
  sum.raw.unknown_ms += raw.unknown_ms;
  (interval.counts_as_up ? sum.as_up_ms : sum.as_excluded_ms) += end_ms - begin_ms;
}

Totals Overlay::at(const StateLog& log, std::int64_t t_ms) const {
  Totals totals = log.at(t_ms);
  if (intervals_.empty() || log.empty()) return totals;
  if (log_dropped_ != log.dropped()) {
    before_.clear();  // the log forgot its beginning: cover only what it still knows
    log_dropped_ = log.dropped();
  }
  t_ms = std::max(t_ms, log.begin_ms());
  const std::size_t count = begun(t_ms);
  if (count == 0) return totals;
  if (before_.empty()) before_.emplace_back();
  while (before_.size() < count) {
    Covered sum = before_.back();
    const Exclusion& interval = intervals_[before_.size() - 1];
    add(log, interval, interval.end_ms, sum);
    before_.push_back(sum);
  }
  Covered covered = before_[count - 1];
  add(log, intervals_[count - 1], t_ms, covered);
  totals.up_ms += covered.as_up_ms - covered.raw.up_ms;
  totals.down_ms -= covered.raw.down_ms;
  totals.unknown_ms -= covered.raw.unknown_ms;
  totals.excluded_ms += covered.as_excluded_ms;
  return totals;
}

std::optional<std::int64_t> Overlay::next_edge(std::int64_t t_ms) const {
  const auto open =
      std::lower_bound(intervals_.begin(), intervals_.end(), t_ms,
                       [](const Exclusion& e, std::int64_t t) { return e.end_ms < t; });
  if (open == intervals_.end()) return std::nullopt;
  return open->begin_ms >= t_ms ? open->begin_ms : open->end_ms;
}

}  // namespace slo
