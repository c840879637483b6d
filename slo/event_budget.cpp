// With x = N X/K and N_W = N W/K, K > 0, all comparisons are multiplied by K:
//   N - G > b N_W        <=>  (N - G) K > b N W
//   N - G + x <= b N_W   <=>  (N - G) K + N X <= b N W
// Events are at most 2^56, times 2^36, parts 2^30: 122 bits.
#include "slo/event_budget.h"

#include <algorithm>
#include <limits>

#include "slo/int128.h"

namespace slo {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

double real(std::int64_t value) { return static_cast<double>(value); }

// The ratio of no events at all. With kBad there is one in each slice: the edge of a window lies in
// the only one.
double empty_ratio(NoEvents no_events) { return no_events == NoEvents::kGood ? 1 : kNan; }

}  // namespace

Uptime uptime(const EventTotals& totals, NoEvents no_events) {
  const double known = real(totals.known_ms);
  const double all = known + real(totals.unknown_ms);
  Uptime uptime{kNan, all > 0 ? 0 : kNan, all > 0 ? 1 : kNan, all > 0 ? known / all : kNan};
  if (totals.known_ms == 0) return uptime;
  uptime.known = totals.count.total() == 0 ? empty_ratio(no_events)
                                           : real(totals.count.good) / real(totals.count.total());
  if (totals.unknown_ms == 0) {
    uptime.low = uptime.high = uptime.known;
  } else if (totals.count.total() > 0) {
    uptime.low = uptime.known * known / all;
    uptime.high = (uptime.known * known + real(totals.unknown_ms)) / all;
  }
  return uptime;
}

Verdict verdict(Objective objective, std::int64_t window_ms, const EventTotals& totals,
                std::int64_t before_ms) {
  const std::int64_t events = totals.count.total();
  const std::int64_t unseen_ms = totals.unknown_ms + before_ms;
  if (totals.known_ms == 0) return Verdict::kUndetermined;
  if (events == 0) return unseen_ms == 0 ? Verdict::kMet : Verdict::kUndetermined;
  const Int128 allowed = wide(objective.budget_ppb()) * events * window_ms;
  const Int128 consumed = wide(totals.count.bad) * totals.known_ms;
  if (consumed * kBillion > allowed) return Verdict::kViolated;
  return (consumed + wide(events) * unseen_ms) * kBillion <= allowed ? Verdict::kMet
                                                                     : Verdict::kUndetermined;
}

bool on_track(Objective objective, const EventTotals& totals) {
  const std::int64_t measured_ms = totals.known_ms + totals.unknown_ms + totals.excluded_ms;
  if (totals.count.total() == 0) return totals.unknown_ms == 0;
  return verdict(objective, measured_ms, totals, 0) == Verdict::kMet;
}

Budget budget(Objective objective, std::int64_t window_ms, const EventTotals& totals) {
  Budget budget = slo::budget(objective, window_ms, std::int64_t{0});
  const double events = real(totals.count.total());
  if (totals.known_ms == 0) return budget;
  const double whole = events * real(window_ms) / real(totals.known_ms);
  const double bad = real(totals.count.bad);
  budget.total_events = objective.budget_ratio() * whole;
  budget.consumed_events = bad;
  budget.remaining_events = budget.total_events - bad;
  if (events == 0) return budget;
  budget.consumed_seconds = bad * real(totals.known_ms) / events / 1e3;
  budget.remaining_seconds = budget.total_seconds - budget.consumed_seconds;
  budget.remaining_ratio = budget.remaining_events / budget.total_events;
  return budget;
}

double burn_rate(Objective objective, const EventTotals& totals, NoEvents no_events) {
  if (totals.known_ms > 0 && totals.count.total() == 0) {
    return (1 - empty_ratio(no_events)) / objective.budget_ratio();
  }
  return burn_rate(objective, totals.count.bad, totals.count.total());
}

void update_row(const AlertRow& row, Objective objective, std::int64_t window_ms,
                const EventTotals& whole_window, const EventTotals& long_window,
                const EventTotals& short_window, bool enough_failures, RowState& state,
                double& consumed) {
  state.stale = short_window.known_ms == 0 || short_window.known_ms < short_window.unknown_ms;
  if (state.stale) return;
  state.long_down_ms = long_window.count.bad;
  state.long_known_ms = long_window.count.total();
  state.short_down_ms = short_window.count.bad;
  state.short_known_ms = short_window.count.total();
  // A period of the calendar that has just begun tells less than the long window.
  const EventTotals& whole =
      whole_window.known_ms < long_window.known_ms ? long_window : whole_window;
  const long double total = static_cast<long double>(objective.budget_ppb()) * 1e-9L *
                            static_cast<long double>(whole.count.total()) *
                            static_cast<long double>(window_ms) /
                            static_cast<long double>(whole.known_ms);
  const auto bad = static_cast<long double>(long_window.count.bad);
  consumed = bad > 0 ? static_cast<double>(bad / total) : 0;
  const long double allowed = total * static_cast<long double>(row.budget_ppm) * 1e-6L;
  state.firing =
      enough_failures && bad > allowed &&
      static_cast<long double>(short_window.count.bad) * static_cast<long double>(row.long_ms) >
          allowed * static_cast<long double>(row.short_ms);
}

EventTotals event_totals(const EventLog& log, const Overlay& overlay, std::int64_t since_ms,
                         std::int64_t from_ms, std::int64_t to_ms, EventLog::Cursor& cursor) {
  from_ms = std::max(from_ms, since_ms);
  EventTotals totals;
  if (from_ms >= to_ms) return totals;
  const EventLog::Sums seen = log.at(to_ms) - log.at(from_ms, cursor);
  totals.count = seen.count;
  totals.known_ms = seen.known_ms;
  const auto& intervals = overlay.intervals();
  auto interval = std::ranges::upper_bound(intervals, from_ms, {}, &Exclusion::end_ms);
  for (; interval != intervals.end() && interval->begin_ms < to_ms; ++interval) {
    const std::int64_t begin_ms = std::max(from_ms, interval->begin_ms);
    const std::int64_t end_ms = std::min(to_ms, interval->end_ms);
    const EventLog::Sums inside = log.at(end_ms) - log.at(begin_ms);
    if (interval->counts_as_up) {
      totals.count.good += inside.count.bad;
      totals.count.bad -= inside.count.bad;
      continue;
    }
    totals.count.good -= inside.count.good;
    totals.count.bad -= inside.count.bad;
    totals.known_ms -= inside.known_ms;
    totals.excluded_ms += end_ms - begin_ms;
  }
  totals.unknown_ms = to_ms - from_ms - totals.known_ms - totals.excluded_ms;
  return totals;
}

Totals time_totals(const EventTotals& totals) {
  Totals time;
  time.down_ms = (totals.count.bad + 500'000) / 1'000'000;
  time.up_ms = totals.known_ms - time.down_ms;
  time.unknown_ms = totals.unknown_ms;
  time.excluded_ms = totals.excluded_ms;
  return time;
}

}  // namespace slo
