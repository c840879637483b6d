// Everything that is known about the objectives at one instant, as one immutable value: /metrics,
// the API, the page, the report and the alerts show these numbers and compute none of their own.
// Durations are exact; times are on the axis T and become UTC through Snapshot::labels. NaN means
// undefined. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slo/budget.h"
#include "slo/burn.h"
#include "slo/event_budget.h"
#include "slo/facts.h"
#include "slo/incident_stats.h"
#include "slo/remarks.h"
#include "slo/spec.h"
#include "slo/timeline.h"

namespace slo {

// [settled - window, settled), or of a calendar's period what has passed of it.
struct WindowView {
  std::string label;           // "30d", "month"
  std::int64_t window_ms = 0;  // of a calendar: the whole period
  std::int64_t begin_ms = 0;
  Totals totals;               // up + down + unknown + excluded + before + ahead = window
  std::int64_t before_ms = 0;  // before "since": in no ratio, unknown for the verdict
  std::int64_t ahead_ms = 0;   // of a calendar's period, still to come
  Uptime uptime;
  double burn = 0;  // NaN when nothing is known
  // Of an objective by events: then uptime, burn, budget and verdict are theirs, and totals only
  // say in which state the time was.
  std::optional<EventTotals> events;
};

// What the objective's window would say without what was excluded after the fact.
struct RawView {
  Totals totals;
  std::optional<EventTotals> events;
  Uptime uptime;
  Budget budget;
  Verdict verdict = Verdict::kUndetermined;
};

// Any window of one objective, at request.
struct Report {
  SloId id = 0;
  std::shared_ptr<const SloSpec> spec;
  std::int64_t since_ms = 0;
  std::int64_t settled_ms = 0;
  WindowView window;
  std::optional<RawView> raw;  // where it differs
  Budget budget;
  Verdict verdict = Verdict::kUndetermined;
  bool on_track = false;
  IncidentStats stats;
  std::vector<IncidentRecord>
      incidents;  // those that touch the window, oldest first, false ones too
};

struct AlertView {
  AlertRow row;
  double threshold = 0;
  RowReading reading;
  std::int64_t bad_events = 0;  // in the short window, at most kMaxMinFailures are known
};

struct Judgement {
  SloId id = 0;
  std::shared_ptr<const SloSpec> spec;

  std::int64_t since_ms = 0;    // measured since
  std::int64_t settled_ms = 0;  // everything here is as of this time
  State state = State::kUnknown;
  Cause cause = Cause::kNone;
  std::int64_t state_since_ms = 0;  // of the state, whatever its causes were

  std::vector<WindowView> windows;   // ordered by length
  std::size_t objective_window = 0;  // index of W
  Budget budget;
  Verdict verdict = Verdict::kUndetermined;
  std::optional<RawView> raw;
  bool on_track = false;
  double exhaustion_seconds = 0;  // at the burn rate of the last hour

  // In the order of spec->alert_rows. Nothing is sent while state is kExcluded.
  std::vector<AlertView> alerts;
  bool stale = false;  // one of them is frozen

  std::optional<IncidentRecord> open_incident;  // as of settled_ms
  // Newest first, at most kRecentIncidents, the open one with its numbers of when it was declared.
  std::shared_ptr<const std::vector<IncidentRecord>> recent_incidents;
  IncidentStats incidents;  // over W
  // What people said about it afterwards; null: nothing.
  std::shared_ptr<const Remarks> remarks;
  SloCounters counters;

  const WindowView& window() const { return windows[objective_window]; }
  // recent_incidents, with the open one as of settled_ms.
  std::vector<IncidentRecord> recent() const {
    std::vector<IncidentRecord> records;
    if (recent_incidents) records = *recent_incidents;
    for (IncidentRecord& record : records) {
      if (open_incident && record.id == open_incident->id) record = *open_incident;
    }
    return records;
  }
};
inline constexpr std::size_t kRecentIncidents = 50;

// What only grows, for ever.
struct Counters {
  std::vector<SloCounters> slos;
  std::int64_t clock_step_ms = 0;
  std::vector<std::int64_t> gap_ms;  // by number of Cause
};

struct Snapshot {
  std::int64_t now_ms = 0;
  Labels labels;
  std::vector<Judgement> slos;               // in the order they were first configured
  std::optional<std::int64_t> heartbeat_ms;  // of this run
  std::int64_t clock_step_ms = 0;
  std::vector<std::int64_t> gap_ms;  // by number of Cause
};

}  // namespace slo
