#include "slo/incidents.h"

#include <algorithm>
#include <utility>

namespace slo {

Incidents::Incidents(SloId slo, IncidentRules rules, std::size_t max_records)
    : slo_(slo), rules_(rules), max_records_(std::max<std::size_t>(2, max_records)) {}

void Incidents::restore(std::vector<IncidentRecord> records, const IncidentGate& gate,
                        std::int64_t next_id) {
  records_ = std::move(records);
  gate_ = gate;
  next_id_ = next_id;
  // Only the last incident can be open: what a torn history left open before it ended no later
  // than the next one began.
  for (std::size_t i = 0; i + 1 < records_.size(); ++i) {
    if (!records_[i].open) continue;
    records_[i].open = false;
    records_[i].end_ms = records_[i + 1].start_earliest_ms;
  }
  if (records_.size() > max_records_) forget(records_.size() - max_records_);
}

const IncidentRecord* Incidents::open() const {
  return !records_.empty() && records_.back().open ? &records_.back() : nullptr;
}

bool Incidents::may_reopen(std::int64_t settled_ms) const {
  if (records_.empty() || records_.back().open) return false;
  const std::int64_t last_ms = records_.back().end_ms + rules_.merge_gap_ms;
  return settled_ms <= last_ms || (gate_.bad_run > 0 && gate_.run_start_ms <= last_ms);
}

IncidentRecord* Incidents::observe(std::int64_t t_ms, State state, std::int64_t decided_ms) {
  const bool is_open = open() != nullptr;
  if (state == State::kDown) {
    gate_.in_excluded = false;
    gate_.good_run = 0;
    if (!is_open && gate_.bad_run++ == 0) {
      gate_.run_start_ms = t_ms;
      gate_.run_earliest_ms = gate_.seen_good ? gate_.last_good_ms : t_ms;
    }
    gate_.last_bad_ms = t_ms;
    return !is_open && gate_.bad_run >= rules_.failures ? declare(decided_ms) : nullptr;
  }
  if (state != State::kUp) return nullptr;

  const std::int64_t recovered_ms = gate_.in_excluded ? gate_.excluded_from_ms : t_ms;
  gate_.in_excluded = false;
  gate_.bad_run = 0;
  gate_.last_good_ms = t_ms;
  gate_.seen_good = true;
  if (!is_open) return nullptr;
  if (gate_.good_run++ == 0) gate_.run_start_ms = recovered_ms;
  if (gate_.good_run < rules_.successes) return nullptr;
  gate_.good_run = 0;
  IncidentRecord& ended = records_.back();
  ended.open = false;
  ended.end_ms = gate_.run_start_ms;
  ended.end_earliest_ms = std::min(gate_.last_bad_ms, ended.end_ms);
  return &ended;
}

IncidentRecord* Incidents::declare(std::int64_t decided_ms) {
  gate_.bad_run = 0;
  if (!records_.empty() && gate_.run_start_ms - records_.back().end_ms <= rules_.merge_gap_ms) {
    records_.back().open = true;
    records_.back().end_ms = 0;
    records_.back().end_earliest_ms = 0;
    return &records_.back();
  }
  if (records_.size() >= max_records_) forget(max_records_ / 4 + 1);
  IncidentRecord incident;
  incident.slo = slo_;
  incident.id = next_id_++;
  incident.start_ms = gate_.run_start_ms;
  incident.start_earliest_ms = gate_.run_earliest_ms;
  incident.detected_ms = decided_ms;
  incident.open = true;
  records_.push_back(incident);
  return &records_.back();
}

void Incidents::forget(std::size_t count) {
  forgotten_ms_ = records_[count - 1].end_ms;
  records_.erase(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(count));
}

void Incidents::exclude(std::int64_t t_ms) {
  gate_.bad_run = 0;
  if (gate_.in_excluded) return;
  gate_.in_excluded = true;
  gate_.excluded_from_ms = t_ms;
}

void measure(IncidentRecord& incident, const StateLog& log, const Overlay& overlay,
             std::int64_t until_ms) {
  const std::int64_t end_ms = incident.open ? until_ms : incident.end_ms;
  const Totals inside = overlay.at(log, end_ms) - overlay.at(log, incident.start_ms);
  incident.down_ms = inside.down_ms;
  incident.unknown_ms = inside.unknown_ms;
  incident.excluded_ms = inside.excluded_ms;
  incident.cause = log.cause_at(incident.start_ms);
}

std::vector<IncidentRecord> derive_incidents(const StateLog& log, const Overlay& overlay,
                                             std::int64_t merge_gap_ms, std::int64_t until_ms) {
  Incidents machine(0, {1, 1, merge_gap_ms}, static_cast<std::size_t>(-1));
  const auto& changes = log.changes();
  // Every instant at which the state seen through the overlay can change, in order.
  std::vector<std::int64_t> instants;
  for (const StateLog::Change& change : changes) instants.push_back(change.t_ms);
  for (const Exclusion& exclusion : overlay.intervals()) {
    instants.push_back(exclusion.begin_ms);
    instants.push_back(exclusion.end_ms);
  }
  std::sort(instants.begin(), instants.end());
  instants.erase(std::unique(instants.begin(), instants.end()), instants.end());

  std::size_t next = 0;
  for (const std::int64_t t_ms : instants) {
    if (t_ms >= until_ms) break;
    while (next < changes.size() && changes[next].t_ms <= t_ms) ++next;
    if (next == 0) continue;
    if (overlay.contains(t_ms)) {
      machine.exclude(t_ms);
    } else if (IncidentRecord* changed = machine.observe(t_ms, changes[next - 1].state, t_ms)) {
      measure(*changed, log, overlay, until_ms);
    }
  }
  std::vector<IncidentRecord> records(machine.records().begin(), machine.records().end());
  if (!records.empty() && records.back().open) measure(records.back(), log, overlay, until_ms);
  return records;
}

}  // namespace slo
