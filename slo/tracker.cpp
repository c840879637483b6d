// Order of things at one instant, so that every sum has one value: the state changes first, then
// excluded time begins or ends, then the window ends. An edge of the overlay is therefore shown to
// the incidents only once no sample of its instant can come any more.
#include "slo/tracker.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace slo {
IncidentRules SloTracker::rules_of(const SloSpec& spec) {
  if (spec.source == SourceKind::kHost) return {1, 1, spec.merge_gap()};
  return {spec.failures, spec.successes, spec.merge_gap()};
}

SloTracker::SloTracker(SloId id, std::shared_ptr<const SloSpec> spec, std::int64_t since_ms,
                       Facts& out)
    : id_(id),
      since_ms_(since_ms),
      settled_ms_(since_ms),
      booked_ms_(since_ms),
      edges_ms_(since_ms),
      spec_(std::move(spec)),
      hold_(spec_->hold_ms(), since_ms),
      incidents_(id, rules_of(*spec_)) {
  counters_.id = id;
  plan_windows();
  const bool host = spec_->source == SourceKind::kHost;
  apply({since_ms, host ? State::kUp : State::kUnknown, host ? Cause::kNone : Cause::kStarting,
         false},
        since_ms, out);
}

void SloTracker::reconfigure(std::shared_ptr<const SloSpec> spec) {
  const auto before = std::exchange(spec_, std::move(spec));
  const std::vector<Row> rows = rows_;
  hold_.set_hold_ms(spec_->hold_ms());
  incidents_.set_rules(rules_of(*spec_));
  plan_windows();
  plan_overlays();
  // A frozen row keeps its answer over a reload that does not change the question.
  if (before->objective == spec_->objective && before->window_ms == spec_->window_ms) {
    for (std::size_t i = 0; i < rows_.size() && i < rows.size(); ++i) {
      if (before->alert_rows[i] == spec_->alert_rows[i]) rows_[i].state = rows[i].state;
    }
  }
  read_windows();
  update_rows();
}

void SloTracker::plan_windows() {
  struct Wanted {
    std::int64_t length_ms;
    bool is_period;
    auto operator<=>(const Wanted&) const = default;
  };
  std::vector<Wanted> wanted;
  for (const std::int64_t length_ms : spec_->extra_windows_ms) wanted.push_back({length_ms, false});
  wanted.push_back({kHourMs, false});
  wanted.push_back({spec_->window_ms, spec_->calendar.has_value()});
  for (const AlertRow& row : spec_->alert_rows) {
    wanted.push_back({row.long_ms, false});
    wanted.push_back({row.short_ms, false});
  }
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  changed_ = true;
  windows_.clear();
  windows_.reserve(wanted.size());
  for (const auto& [length_ms, is_period] : wanted) {
    if (length_ms == spec_->window_ms && is_period == spec_->calendar.has_value()) {
      objective_window_ = windows_.size();
    }
    windows_.push_back({length_ms, 0, {}});
  }
  if (laid_) laid_->period = {};
  if (spec_->budgeting != BudgetingMethod::kTime && !events_) events_ = std::make_unique<Events>();
  if (events_) {
    events_->cursors.assign(windows_.size(), {});
    events_->windows.assign(windows_.size(), {});
    events_->consumed.assign(spec_->alert_rows.size(), std::numeric_limits<double>::quiet_NaN());
  }
  rows_.clear();
  rows_.reserve(spec_->alert_rows.size());
  for (const AlertRow& row : spec_->alert_rows) {
    rows_.push_back({static_cast<std::uint32_t>(window_index(row.long_ms)),
                     static_cast<std::uint32_t>(window_index(row.short_ms)),
                     {}});
  }
}

// The rolling one; a period of the same nominal length stands behind it.
std::size_t SloTracker::window_index(std::int64_t length_ms) const {
  const auto window =
      std::lower_bound(windows_.begin(), windows_.end(), length_ms,
                       [](const Window& w, std::int64_t length) { return w.length_ms < length; });
  return static_cast<std::size_t>(window - windows_.begin());
}

bool SloTracker::has_samples() const {
  return spec_->source != SourceKind::kHost && spec_->source != SourceKind::kRecord;
}

void SloTracker::on_sent(std::int64_t sent_ms) {
  if (has_samples()) hold_.sent(sent_ms);
}

bool SloTracker::on_sample(const Sample& sample) { return has_samples() && hold_.result(sample); }

void SloTracker::on_late(std::int64_t from_ms, std::int64_t to_ms, std::int64_t suspended_ms,
                         Facts& out) {
  const std::int64_t late_ms = to_ms - from_ms;
  if (spec_->source == SourceKind::kHost) {
    if (suspended_ms < kSuspendMs || to_ms - suspended_ms < settled_ms_) return;
    apply({to_ms - suspended_ms, spec_->suspended, Cause::kSuspended, false}, to_ms, out);
    apply({to_ms, State::kUp, Cause::kNone, false}, to_ms, out);
    return;
  }
  if (!has_samples()) return;
  if (late_ms <= 2 * spec_->interval_ms && suspended_ms < kSuspendMs) return;
  hold_.blind(from_ms, to_ms, 2 * suspended_ms >= late_ms ? Cause::kSuspended : Cause::kStalled);
}

void SloTracker::step(std::int64_t now_ms, Facts& out, Others dependencies) {
  if (laid_ && now_ms >= laid_->planned_until_ms) plan_overlays();
  const std::int64_t before_ms = settled_ms_;
  settle(now_ms, out, dependencies);
  if (!changed_ && settled_ms_ == before_ms) return;
  read_windows();
  update_rows();
}

void SloTracker::stop(std::int64_t now_ms, Facts& out, Others dependencies) {
  hold_.cancel();
  step(now_ms, out, dependencies);
}

void SloTracker::settle(std::int64_t now_ms, Facts& out, Others dependencies) {
  if (spec_->source == SourceKind::kHost) {
    settled_ms_ = std::max(settled_ms_, now_ms);
  } else if (spec_->source == SourceKind::kRecord) {
    settle_record(now_ms, out, dependencies);
  } else if (dependencies.empty() && (!laid_ || laid_->waiting.empty())) {
    Decided decided;
    while (hold_.next(now_ms, decided)) apply(decided, now_ms, out);
    settled_ms_ = hold_.settled_ms();
  } else {
    settle_behind(dependencies, now_ms, out);
  }
  if (events_) settle_events(out, dependencies);
  const std::int64_t final_ms = spec_->source == SourceKind::kRecord ? booked_ms_ : settled_ms_;
  if (!planned().empty()) cross_edges(final_ms, now_ms, out);
  book(final_ms);
  count_ended();
}

bool SloTracker::was_down(Others others, std::int64_t begin_ms, std::int64_t end_ms) {
  return std::ranges::any_of(others, [&](const SloTracker* other) {
    return (other->log_.at(end_ms) - other->log_.at(begin_ms)).down_ms > 0;
  });
}

// Nothing is decided before it is known whether a dependency was down then. A failure that was seen
// while one is down proves nothing, and one that was seen before counts only until one goes down.
// What is good is good.
void SloTracker::settle_behind(Others dependencies, std::int64_t now_ms, Facts& out) {
  std::vector<Decided>& waiting = laid().waiting;
  Decided& own = laid().own;
  Decided decided;
  while (hold_.next(now_ms, decided)) waiting.push_back(decided);
  std::int64_t until_ms = hold_.settled_ms();
  for (const SloTracker* other : dependencies) until_ms = std::min(until_ms, other->settled_ms_);
  until_ms = std::max(until_ms, settled_ms_);

  const auto is_blind = [&](std::int64_t t_ms) {
    return std::ranges::any_of(dependencies, [&](const SloTracker* other) {
      return other->log_.state_at(t_ms) == State::kDown;
    });
  };
  std::vector<std::int64_t> instants;
  for (const SloTracker* other : dependencies) {
    const auto& changes = other->log_.changes();
    auto change = std::ranges::lower_bound(changes, settled_ms_, {}, &StateLog::Change::t_ms);
    for (; change != changes.end() && change->t_ms < until_ms; ++change) {
      instants.push_back(change->t_ms);
    }
  }
  std::ranges::sort(instants);
  std::size_t next = 0;
  const auto follow_until = [&](std::int64_t t_ms) {
    for (; next < instants.size() && instants[next] < t_ms; ++next) {
      if (own.state != State::kDown) continue;
      const bool blind = is_blind(instants[next]);
      apply({instants[next], blind ? State::kUnknown : State::kDown,
             blind ? Cause::kDependency : own.cause, false},
            now_ms, out);
    }
  };
  std::size_t taken = 0;
  for (; taken < waiting.size() && waiting[taken].t_ms < until_ms; ++taken) {
    follow_until(waiting[taken].t_ms);
    own = waiting[taken];
    if (own.state == State::kDown && is_blind(own.t_ms)) {
      own.state = State::kUnknown;
      own.cause = Cause::kDependency;
      own.is_event = false;
    }
    apply(own, now_ms, out);
  }
  waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(taken));
  follow_until(until_ms);
  settled_ms_ = until_ms;
}

void SloTracker::apply(const Decided& decided, std::int64_t now_ms, Facts& out) {
  changed_ = true;
  if (!planned().empty()) cross_edges(decided.t_ms, now_ms, out);
  edges_ms_ = std::max(edges_ms_, decided.t_ms + 1);
  const bool excluded = planned().contains(decided.t_ms);
  if (excluded || decided.state != State::kUp) see_host(decided.t_ms, now_ms, out);
  if (excluded) incidents_.exclude(decided.t_ms);
  if (decided.is_event && spec_->counts_events()) {
    const bool good = decided.state == State::kUp;
    ++(good ? counters_.events_good : counters_.events_bad);
    if (!good && !excluded) {
      auto& recent = counters_.recent_bad;
      if (recent.size() == kMaxMinFailures) recent.erase(recent.begin());
      recent.push_back(decided.t_ms);
    }
  }
  if (events_ && spec_->source == SourceKind::kProbe) take_attempt(decided);
  if (log_.append(decided.t_ms, decided.state, decided.cause)) {
    out.changes.push_back({id_, decided.t_ms, decided.state, decided.cause});
  }
  if (!excluded) note(incidents_.observe(decided.t_ms, decided.state, now_ms), out);
}

void SloTracker::cross_edges(std::int64_t until_ms, std::int64_t now_ms, Facts& out) {
  for (auto edge = planned().next_edge(edges_ms_); edge && *edge < until_ms;
       edge = planned().next_edge(*edge + 1)) {
    if (planned().contains(*edge)) {
      see_host(*edge, now_ms, out);
      incidents_.exclude(*edge);
    } else {
      note(incidents_.observe(*edge, log_.last().state, now_ms), out);
    }
  }
  edges_ms_ = std::max(edges_ms_, until_ms);
}

// A host is seen all the time, so the last good sample before something else is that instant.
void SloTracker::see_host(std::int64_t t_ms, std::int64_t now_ms, Facts& out) {
  if (spec_->source != SourceKind::kHost || log_.empty()) return;
  if (log_.last().state != State::kUp || planned().contains(t_ms - 1)) return;
  note(incidents_.observe(t_ms, State::kUp, now_ms), out);
}

void SloTracker::note(IncidentRecord* changed, Facts& out) {
  if (changed == nullptr) return;
  measure(*changed, log_, planned(), std::max(settled_ms_, changed->start_ms));
  if (changed->id > counters_.incidents) {
    counters_.incidents = changed->id;
    ++counters_.detections;
    counters_.detection_delay_ms +=
        (2 * changed->detected_ms - changed->start_ms - changed->start_earliest_ms) / 2;
  }
  out.incidents.push_back(*changed);
  if (laid_) laid_->counted_at_ms = -1;
  refresh_recent();
}

void SloTracker::refresh_recent() {
  const auto records = incidents_.records();
  const std::size_t count = std::min(records.size(), kRecentIncidents);
  recent_ = std::make_shared<const std::vector<IncidentRecord>>(
      records.rbegin(), records.rbegin() + static_cast<std::ptrdiff_t>(count));
}

// Counters take the time that was settled since, as the overlay is now; what it says later about
// that time does not move them.
void SloTracker::book(std::int64_t until_ms) {
  const Totals more = unbooked(until_ms);
  booked_ms_ = until_ms;
  counters_.state_ms[0] += more.up_ms;
  counters_.state_ms[1] += more.down_ms;
  counters_.state_ms[2] += more.unknown_ms;
  counters_.state_ms[3] += more.excluded_ms;
}

// Moves incidents that can no longer open again into the histogram, in the order of their ids.
void SloTracker::count_ended() {
  if (ended_ == counters_.incidents) return;
  const auto records = incidents_.records();
  auto next = std::upper_bound(
      records.begin(), records.end(), ended_,
      [](std::int64_t id, const IncidentRecord& incident) { return id < incident.id; });
  for (; next != records.end(); ++next) {
    if (next->open) return;
    if (next->id == records.back().id && incidents_.may_reopen(booked_ms_)) return;
    std::size_t bucket = 0;
    while (bucket < kDurationBoundsSeconds.size() &&
           next->duration_ms() > kDurationBoundsSeconds[bucket] * kSecondMs) {
      ++bucket;
    }
    ++counters_.durations[bucket];
    counters_.durations_ms += next->duration_ms();
    ended_ = next->id;
  }
}

void SloTracker::update_rows() {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    Row& row = rows_[i];
    const AlertRow& spec = spec_->alert_rows[i];
    if (by_events()) {
      const auto& windows = events_->windows;
      update_row(spec, spec_->objective, spec_->window_ms, windows[objective_window_],
                 windows[row.long_window], windows[row.short_window],
                 enough_failures(spec.short_ms), row.state, events_->consumed[i]);
      continue;
    }
    update_row(spec, spec_->objective, spec_->window_ms, windows_[row.long_window].totals,
               windows_[row.short_window].totals, enough_failures(spec.short_ms), row.state);
  }
}

std::int64_t SloTracker::bad_events(std::int64_t window_ms) const {
  if (by_events()) return events_->windows[window_index(window_ms)].count.bad;
  const auto& recent = counters_.recent_bad;
  return recent.end() - std::upper_bound(recent.begin(), recent.end(), settled_ms_ - window_ms);
}

bool SloTracker::enough_failures(std::int64_t window_ms) const {
  const bool has_events = spec_->counts_events() || by_events();
  if (!has_events || spec_->min_failures <= 1) return true;
  return bad_events(window_ms) >= spec_->min_failures;
}

SloCounters SloTracker::counters(std::int64_t now_ms) const {
  SloCounters counters = counters_;
  counters.t_ms = now_ms;
  counters.settled_ms = booked_ms_;
  counters.gate = incidents_.gate();
  counters.firing = 0;
  for (std::size_t i = 0; i < rows_.size() && i < 32; ++i) {
    if (rows_[i].state.firing) counters.firing |= 1U << i;
  }
  return counters;
}

}  // namespace slo
