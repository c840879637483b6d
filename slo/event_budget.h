// Ratios, budget, verdict and alert rows of an objective by events (budgeting_method occurrences),
// over one window of W. With G and N the good and all events seen, K the time they were seen in, X
// the time that nobody saw, b = 1 - objective:
//
//   ratio       G/N                        low  G/(N + x), high (G + x)/(N + x), x = N X/K
//   budget      b N W/K events             consumed: N - G
//   verdict     met when N - G + x is within the budget, violated when N - G alone is not
//
// Of a window that was seen as a whole the budget is b N. What was not seen (unknown, from before
// the objective was measured, excluded, of a calendar's period still to come) is taken to have had
// as many events per time as what was: the only place where anything is, and nowhere for the ratio
// itself. In seconds a budget is b W, and a bad event costs the time K/N that one event stands for.
// Comparisons are made in integers. Pure, any thread.
#pragma once

#include <cstdint>

#include "slo/budget.h"
#include "slo/burn.h"
#include "slo/event_log.h"
#include "slo/event_source.h"
#include "slo/overlay.h"
#include "slo/spec.h"

namespace slo {

// Of one window; what is excluded is in none of the events. known + unknown + excluded is the
// window, less the time before "since" and the time to come.
struct EventTotals {
  EventCount count;
  std::int64_t known_ms = 0;
  std::int64_t unknown_ms = 0;
  std::int64_t excluded_ms = 0;
  bool operator==(const EventTotals&) const = default;
};

// Of [from_ms, to_ms) as it is in the log, the overlay laid over it: events of slices that begin in
// excluded time are left out, those in time that counts as up are good. since_ms: when measuring
// began. The cursor is for from_ms.
EventTotals event_totals(const EventLog& log, const Overlay& overlay, std::int64_t since_ms,
                         std::int64_t from_ms, std::int64_t to_ms, EventLog::Cursor& cursor);
// Where amounts are nanoseconds.
Totals time_totals(const EventTotals& totals);

// no_events says what the ratio is when there were none in time that was seen.
Uptime uptime(const EventTotals& totals, NoEvents no_events);

// before_ms: of the window, before the objective was measured.
Verdict verdict(Objective objective, std::int64_t window_ms, const EventTotals& totals,
                std::int64_t before_ms);
bool on_track(Objective objective, const EventTotals& totals);

// The events are NaN while nothing was seen.
Budget budget(Objective objective, std::int64_t window_ms, const EventTotals& totals);

double burn_rate(Objective objective, const EventTotals& totals, NoEvents no_events);

// The row fires when more than its share p of the budget went within its long window, more than
// p short/long of it within the short one, and that one holds enough bad events: what was consumed
// counts and not the ratio, so that one failure in the quiet of the night is no page. Stale: as by
// time; then nothing changes. The state's milliseconds are events here, long_down_ms the bad ones,
// long_known_ms all; consumed is the share of the budget that went within the long window.
void update_row(const AlertRow& row, Objective objective, std::int64_t window_ms,
                const EventTotals& whole_window, const EventTotals& long_window,
                const EventTotals& short_window, bool enough_failures, RowState& state,
                double& consumed);

}  // namespace slo
