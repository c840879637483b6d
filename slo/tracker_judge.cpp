// What is read of an objective: its windows at every tick, a judgement for each snapshot, any
// window at request.
#include <algorithm>
#include <utility>

#include "slo/incident_view.h"
#include "slo/tracker.h"

namespace slo {
namespace {

// Overlays are planned this far ahead, and anew when half of it has passed.
constexpr std::int64_t kPlanAheadMs = 2 * kDayMs;

}  // namespace

const Overlay& SloTracker::planned() const {
  static const Overlay kNone;
  return laid_ ? laid_->planned : kNone;
}

const Overlay& SloTracker::shown() const {
  return laid_ && laid_->shown ? *laid_->shown : planned();
}

void SloTracker::set_exclusions(std::vector<Exclusion> planned) {
  if (laid_ || !planned.empty()) laid().given = std::move(planned);
  plan_overlays();
}

void SloTracker::set_remarks(std::shared_ptr<const Remarks> remarks) {
  if (laid_ || remarks) laid().remarks = std::move(remarks);
  plan_overlays();
}

void SloTracker::set_labels(Labels labels) {
  labels_ = std::move(labels);
  if (laid_) laid_->period = {};
  plan_overlays();
}

void SloTracker::plan_overlays() {
  changed_ = true;
  if (!laid_ && spec_->maintenance.empty() && spec_->exclusions.empty()) return;
  Laid& laid = this->laid();
  std::vector<Exclusion> intervals = laid.given;
  const std::int64_t until_ms = settled_ms_ + kPlanAheadMs;
  const auto add = [&](const Period& period, bool counts_as_up) {
    intervals.push_back({labels_.t_ms(period.begin_ms), labels_.t_ms(period.end_ms), counts_as_up});
  };
  for (const auto& maintenance : spec_->maintenance) {
    for (const Period& period :
         maintenance->between(labels_.utc_ms(since_ms_), labels_.utc_ms(until_ms))) {
      add(period, maintenance->counts_as_up);
    }
  }
  laid.planned.set(intervals);
  laid.planned_until_ms = until_ms - kPlanAheadMs / 2;
  laid.counted_at_ms = -1;
  laid.shown.reset();
  const bool remarked = laid.remarks && !laid.remarks->exclusions.empty();
  if (!remarked && spec_->exclusions.empty()) return;
  for (const ExcludedPeriod& excluded : spec_->exclusions) add(excluded.period, false);
  if (remarked) {
    for (const auto& [id, excluded] : laid.remarks->exclusions) add(excluded.period, false);
  }
  laid.shown.emplace().set(intervals);
}

// Which period of the calendar the settled time lies in.
void SloTracker::follow_calendar() {
  const std::int64_t utc_ms = labels_.utc_ms(settled_ms_);
  Period& period = laid().period;
  if (utc_ms < period.begin_ms || utc_ms >= period.end_ms) {
    period = spec_->calendar->period_at(utc_ms);
    laid().period_begin_ms = std::min(settled_ms_, labels_.t_ms(period.begin_ms));
  }
}

std::string SloTracker::label_of(std::size_t window) const {
  return is_period(window) ? spec_->window_label : spec_->window_text(windows_[window].length_ms);
}

std::int64_t SloTracker::begin_of(std::size_t window) const {
  return is_period(window) ? laid_->period_begin_ms : settled_ms_ - windows_[window].length_ms;
}

void SloTracker::read_windows() {
  if (spec_->calendar) follow_calendar();
  const Overlay& overlay = shown();
  const Totals head = overlay.at(log_, settled_ms_);
  const std::int64_t log_begin_ms = log_.begin_ms();
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    Window& window = windows_[i];
    const std::int64_t from_ms = begin_of(i);
    window.totals =
        head - (overlay.empty() ? log_.at(from_ms, window.cursor) : overlay.at(log_, from_ms));
    // Measured, but forgotten by the log.
    if (from_ms < log_begin_ms) {
      window.totals.unknown_ms += log_begin_ms - std::max(from_ms, since_ms_);
    }
  }
  if (events_) read_events();
  changed_ = false;
}

Totals SloTracker::totals_between(const Overlay& overlay, std::int64_t from_ms,
                                  std::int64_t to_ms) const {
  if (spec_->budgeting == BudgetingMethod::kRatioTimeslices) {
    return time_totals(events_between(overlay, from_ms, to_ms));
  }
  Totals totals = overlay.at(log_, to_ms) - overlay.at(log_, from_ms);
  const std::int64_t forgotten_from_ms = std::max(from_ms, since_ms_);
  const std::int64_t forgotten_to_ms = std::min(to_ms, log_.begin_ms());
  if (forgotten_from_ms < forgotten_to_ms) totals.unknown_ms += forgotten_to_ms - forgotten_from_ms;
  return totals;
}

WindowView SloTracker::view_of(std::string label, std::int64_t begin_ms, std::int64_t end_ms,
                               std::int64_t window_ms, const Totals& totals,
                               const std::optional<EventTotals>& events) const {
  WindowView view;
  view.label = std::move(label);
  view.window_ms = window_ms;
  view.begin_ms = begin_ms;
  view.totals = totals;
  view.before_ms = std::max<std::int64_t>(0, std::min(since_ms_, end_ms) - begin_ms);
  view.ahead_ms = std::max<std::int64_t>(0, window_ms - (end_ms - begin_ms));
  view.events = events;
  view.uptime = events ? uptime(*events, spec_->no_events) : uptime(totals);
  view.burn = events ? burn_rate(spec_->objective, *events, spec_->no_events)
                     : burn_rate(spec_->objective, totals);
  return view;
}

Budget SloTracker::budget_of(const WindowView& view) const {
  if (view.events) return budget(spec_->objective, view.window_ms, *view.events);
  return budget(spec_->objective, view.window_ms, view.totals.down_ms);
}

Verdict SloTracker::verdict_of(const WindowView& view) const {
  if (view.events) {
    return verdict(spec_->objective, view.window_ms, *view.events, view.before_ms);
  }
  return verdict(spec_->objective, view.window_ms, view.totals.down_ms,
                 view.totals.unknown_ms + view.before_ms);
}

bool SloTracker::on_track_of(const WindowView& view) const {
  if (view.events) return on_track(spec_->objective, *view.events);
  const Totals& totals = view.totals;
  return on_track(spec_->objective, totals.sum_ms(), totals.down_ms, totals.unknown_ms);
}

std::optional<RawView> SloTracker::raw_of(const WindowView& view) const {
  if (!laid_ || !laid_->shown) return std::nullopt;
  const std::int64_t end_ms = view.begin_ms + view.window_ms - view.ahead_ms;
  const Totals totals = totals_between(planned(), view.begin_ms, end_ms);
  std::optional<EventTotals> events;
  if (by_events()) events = events_between(planned(), view.begin_ms, end_ms);
  if (totals == view.totals && events == view.events) return std::nullopt;
  const WindowView raw = view_of(view.label, view.begin_ms, end_ms, view.window_ms, totals, events);
  return RawView{totals, events, raw.uptime, budget_of(raw), verdict_of(raw)};
}

// Those that the statistics count: the records themselves as long as nobody said anything about
// them afterwards.
std::span<const IncidentRecord> SloTracker::counted() const {
  const bool has_marks = laid_ && laid_->remarks && !laid_->remarks->false_incidents.empty();
  if (!has_marks && (!laid_ || !laid_->shown)) return incidents_.records();
  if (laid_->counted_at_ms != settled_ms_) {
    laid_->counted.clear();
    for (const IncidentRecord& incident : incidents_.records()) {
      if (has_marks && laid_->remarks->false_incidents.contains(incident.id)) continue;
      if (!laid_->shown) {
        laid_->counted.push_back(incident);
      } else if (const auto seen = seen_through(incident, log_, *laid_->shown, settled_ms_)) {
        laid_->counted.push_back(*seen);
      }
    }
    laid_->counted_at_ms = settled_ms_;
  }
  return laid_->counted;
}

Report SloTracker::report(std::int64_t begin_ms, std::int64_t end_ms, std::string label) const {
  Report report;
  report.id = id_;
  report.spec = spec_;
  report.since_ms = since_ms_;
  report.settled_ms = settled_ms_;
  begin_ms = std::min(begin_ms, end_ms);
  const std::int64_t to_ms = std::clamp(settled_ms_, begin_ms, end_ms);
  std::optional<EventTotals> events;
  if (by_events()) events = events_between(shown(), begin_ms, to_ms);
  report.window = view_of(std::move(label), begin_ms, to_ms, end_ms - begin_ms,
                          totals_between(shown(), begin_ms, to_ms), events);
  report.raw = raw_of(report.window);
  const WindowView& view = report.window;
  report.budget = budget_of(view);
  report.verdict = verdict_of(view);
  report.on_track = on_track_of(view);
  report.stats = incident_stats(counted(), begin_ms, to_ms, view.totals);
  report.stats.complete = incidents_.forgotten_ms() <= begin_ms;
  for (IncidentRecord incident : incidents_.records()) {
    if (incident.start_ms >= to_ms || (!incident.open && incident.end_ms <= begin_ms)) continue;
    measure(incident, log_, shown(), settled_ms_);
    report.incidents.push_back(incident);
  }
  return report;
}

bool SloTracker::has_incident(std::int64_t incident) const {
  return std::ranges::binary_search(incidents_.records(), incident, {}, &IncidentRecord::id);
}

Report SloTracker::report() const {
  const std::size_t window = objective_window_;
  const std::int64_t begin_ms = begin_of(window);
  const std::int64_t length_ms =
      is_period(window) ? laid_->period.length_ms() : windows_[window].length_ms;
  return report(begin_ms, begin_ms + length_ms, label_of(window));
}

Judgement SloTracker::judge() const {
  Judgement j;
  j.id = id_;
  j.spec = spec_;
  j.since_ms = since_ms_;
  j.settled_ms = settled_ms_;
  const auto& changes = log_.changes();
  std::size_t first = changes.size() - 1;
  while (first > 0 && changes[first - 1].state == changes[first].state) --first;
  j.state = changes.back().state;
  j.cause = changes.back().cause;
  j.state_since_ms = changes[first].t_ms;
  if (shown().contains(settled_ms_)) {
    j.state = State::kExcluded;
    j.cause = Cause::kNone;
  }

  j.windows.reserve(windows_.size());
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    const Window& window = windows_[i];
    j.windows.push_back(view_of(label_of(i), begin_of(i), settled_ms_,
                                is_period(i) ? laid_->period.length_ms() : window.length_ms,
                                window.totals,
                                by_events() ? std::optional(events_->windows[i]) : std::nullopt));
  }
  j.objective_window = objective_window_;
  const WindowView& whole = j.window();
  j.budget = budget_of(whole);
  j.verdict = verdict_of(whole);
  j.raw = raw_of(whole);
  j.on_track = on_track_of(whole);
  j.exhaustion_seconds =
      exhaustion_seconds(j.budget, whole.window_ms, j.windows[window_index(kHourMs)].burn);

  j.alerts.reserve(rows_.size());
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const AlertRow& row = spec_->alert_rows[i];
    RowReading reading = read_row(rows_[i].state, spec_->objective, spec_->window_ms);
    if (by_events()) reading.budget_consumed = events_->consumed[i];
    j.alerts.push_back(
        {row, burn_threshold(row, spec_->window_ms), reading, bad_events(row.short_ms)});
    j.stale = j.stale || reading.stale;
  }

  if (const IncidentRecord* open = incidents_.open()) {
    j.open_incident = *open;
    measure(*j.open_incident, log_, shown(), settled_ms_);
  }
  j.recent_incidents = recent_;
  j.incidents = incident_stats(counted(), whole.begin_ms, settled_ms_, whole.totals);
  j.incidents.complete = incidents_.forgotten_ms() <= whole.begin_ms;
  if (laid_) j.remarks = laid_->remarks;
  j.counters = counters(settled_ms_);
  return j;
}

}  // namespace slo
