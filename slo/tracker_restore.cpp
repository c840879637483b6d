// An objective comes back in four steps: its log from the state changes; its counters from the
// last heartbeat and, for the time between that heartbeat and the last change, from the log; the
// alert rows as they stood then, so that a frozen one keeps its answer; and the gap since.
#include <algorithm>
#include <span>
#include <utility>

#include "slo/tracker.h"

namespace slo {
namespace {

template <class Row>
std::span<const Row> of_slo(const std::vector<Row>& rows, SloId id) {
  Row key;
  key.slo = id;
  const auto range =
      std::equal_range(rows.begin(), rows.end(), key,
                       [](const Row& left, const Row& right) { return left.slo < right.slo; });
  return {range.first, range.second};
}

const SloCounters* counters_of(const Facts& history, SloId id) {
  if (!history.heartbeat) return nullptr;
  for (const SloCounters& counters : history.heartbeat->counters) {
    if (counters.id == id) return &counters;
  }
  return nullptr;
}

}  // namespace

SloTracker::SloTracker(const SloRow& row, std::shared_ptr<const SloSpec> spec, const Facts& history,
                       const Restart& restart, Overlays overlays, Facts& out)
    : id_(row.id),
      since_ms_(std::min(row.since_ms, restart.now_ms)),
      settled_ms_(since_ms_),
      booked_ms_(since_ms_),
      edges_ms_(since_ms_),
      spec_(std::move(spec)),
      hold_(spec_->hold_ms(), since_ms_),
      incidents_(row.id, rules_of(*spec_)) {
  if (!overlays.planned.empty()) laid().given = std::move(overlays.planned);
  if (overlays.remarks) laid().remarks = std::move(overlays.remarks);
  labels_ = std::move(overlays.labels);
  plan_windows();
  settled_ms_ = restart.now_ms;
  plan_overlays();
  settled_ms_ = since_ms_;
  for (const StateChange& change : of_slo(history.changes, id_)) {
    if (change.t_ms > restart.now_ms || change.state >= State::kExcluded) continue;
    if (!log_.empty() && change.t_ms < log_.last().t_ms) continue;
    log_.append(change.t_ms, change.state, change.cause);
  }

  const SloCounters* stored = counters_of(history, id_);
  if (stored != nullptr) counters_ = *stored;
  counters_.id = id_;
  if (stored != nullptr) settled_ms_ = std::min(stored->settled_ms, restart.now_ms);
  booked_ms_ = settled_ms_;
  if (!log_.empty()) settled_ms_ = std::max(settled_ms_, log_.last().t_ms);
  restore_events(history, restart.now_ms);
  book(settled_ms_);
  restore_incidents(history);

  if (!log_.empty()) {
    for (std::size_t i = 0; i < rows_.size() && i < 32; ++i) {
      rows_[i].state.firing = (counters_.firing >> i & 1U) != 0;
    }
    read_windows();
    update_rows();
  }

  const bool configured = stored != nullptr
                              ? stored->t_ms == history.heartbeat->t_ms
                              : !history.heartbeat || since_ms_ >= history.heartbeat->t_ms;
  go_on(restart, configured, out);
}

void SloTracker::go_on(const Restart& restart, bool configured, Facts& out) {
  settled_ms_ = booked_ms_;
  changed_ = true;
  edges_ms_ = settled_ms_;
  hold_ = Hold(spec_->hold_ms(), settled_ms_);
  if (laid_) laid_->waiting.clear();
  if (laid_) laid_->told.clear();
  if (laid_) laid_->own = {};
  const State last = log_.empty() ? State::kUnknown : log_.last().state;
  for (const GapPart& part :
       classify_gap(restart, spec_->source, spec_->suspended, configured, settled_ms_, last)) {
    apply({part.from_ms, part.state, part.cause, false}, restart.now_ms, out);
  }
  step(restart.now_ms, out);
}

void SloTracker::resume(std::int64_t now_ms, Facts& out) {
  Restart restart;
  restart.now_ms = now_ms;
  go_on(restart, false, out);
}

void SloTracker::restore_incidents(const Facts& history) {
  const auto stored = of_slo(history.incidents, id_);
  std::vector<IncidentRecord> records(stored.begin(), stored.end());
  for (IncidentRecord& incident : records) {
    incident.cause = log_.cause_at(incident.start_ms);
    if (incident.id <= counters_.incidents) continue;  // counted before the last heartbeat
    ++counters_.detections;
    counters_.detection_delay_ms +=
        (2 * incident.detected_ms - incident.start_ms - incident.start_earliest_ms) / 2;
  }
  if (!records.empty()) counters_.incidents = std::max(counters_.incidents, records.back().id);
  ended_ = 0;
  for (const std::int64_t count : counters_.durations) ended_ += count;
  if (!records.empty()) ended_ = std::max(ended_, records.front().id - 1);

  // The heartbeat may be older than the last incident and the last change.
  IncidentGate gate = counters_.gate;
  if (!records.empty()) {
    const IncidentRecord& last = records.back();
    if (last.open || last.start_ms >= gate.run_start_ms) gate.bad_run = 0;
    if (last.open) gate.last_bad_ms = std::max(gate.last_bad_ms, last.start_ms);
  }
  if (!log_.empty() && log_.last().state == State::kUp && !planned().contains(log_.last().t_ms) &&
      (!gate.seen_good || gate.last_good_ms < log_.last().t_ms)) {
    gate.seen_good = true;
    gate.last_good_ms = log_.last().t_ms;
  }
  incidents_.restore(std::move(records), gate, counters_.incidents + 1);
  if (!incidents_.records().empty()) refresh_recent();
}

}  // namespace slo
