#include "slo/engine.h"

#include <algorithm>
#include <cstdlib>
#include <ranges>
#include <unordered_set>
#include <utility>

namespace slo {
namespace {

using exporter::Moment;

std::int64_t newest_fact_ms(const Facts& history) {
  std::int64_t newest_ms = 0;
  for (const StateChange& change : history.changes) {
    newest_ms = std::max(newest_ms, change.t_ms);
  }
  for (const EventBlock& block : history.events) newest_ms = std::max(newest_ms, block.begin_ms);
  return newest_ms;
}

Timeline make_timeline(std::string boot_id, const Moment& now, const Facts& history) {
  const std::int64_t newest_ms = newest_fact_ms(history);
  if (!history.heartbeat) return Timeline(std::move(boot_id), now, newest_ms);
  return Timeline(std::move(boot_id), now, *history.heartbeat, history.boots, newest_ms);
}

bool is_for(const SloTracker& tracker, const SloSpec& spec) {
  const SloSpec& live = tracker.spec();
  return live.service == spec.service && live.name == spec.name;
}

void add_gap(std::vector<std::int64_t>& gaps, Cause cause, std::int64_t ms) {
  const auto index = static_cast<std::size_t>(cause);
  if (gaps.size() <= index) gaps.resize(index + 1);
  gaps[index] += ms;
}

}  // namespace

Engine::Engine(std::string boot_id, const Moment& now, Facts history)
    : history_(std::move(history)), timeline_(make_timeline(std::move(boot_id), now, history_)) {
  for (const SloRow& row : history_.slos) next_id_ = std::max(next_id_, row.id + 1);
  const Tick tick = timeline_.advance(now);
  restart_.now_ms = tick.t_ms;
  restart_.boot_start_ms = timeline_.boot_start_ms();
  if (history_.heartbeat) {
    const Heartbeat& last = *history_.heartbeat;
    restart_.heartbeat = true;
    restart_.same_boot = timeline_.same_boot();
    restart_.clean = last.clean;
    restart_.reason = last.reason;
    restart_.suspended_ms = tick.suspended_ms;
    clock_step_ms_ = last.clock_step_ms + std::abs(tick.step_ms);
    gap_ms_ = last.gap_ms;
    const std::int64_t gap_ms = tick.t_ms - last.t_ms;
    add_gap(gap_ms_, Cause::kSuspended, tick.suspended_ms);
    add_gap(gap_ms_, gap_cause(restart_), gap_ms - tick.suspended_ms);
  }
  facts_.boots.push_back(timeline_.boot());
}

SloId Engine::add(std::shared_ptr<const SloSpec> spec, const Moment& now,
                  std::vector<Exclusion> exclusions, const Facts* later,
                  std::optional<std::int64_t> running_since_ms) {
  const std::int64_t now_ms = advance(now);
  order_.clear();
  shortest_ms_ = std::min(shortest_ms_, spec->interval_ms);
  for (auto& [id, tracker] : trackers_) {
    if (!is_for(tracker, *spec)) continue;
    if (tracker.spec().generation != spec->generation) {
      remove(id);
      break;
    }
    tracker.reconfigure(std::move(spec));
    tracker.set_exclusions(std::move(exclusions));
    return id;
  }
  for (auto removed = removed_.begin(); removed != removed_.end(); ++removed) {
    if (!is_for(removed->second, *spec)) continue;
    if (removed->second.spec().generation != spec->generation) continue;
    return resume(removed, std::move(spec), std::move(exclusions));
  }
  const Facts& history = later != nullptr ? *later : history_;
  // The newest one: older ones of the name were forgotten.
  const auto rows = std::views::reverse(history.slos);
  const auto row = std::ranges::find_if(rows, [&](const SloRow& r) {
    return r.service == spec->service && r.slo == spec->name && r.generation == spec->generation;
  });
  if (row != rows.end()) {
    Restart restart = restart_;
    restart.now_ms = now_ms;
    restart.running_since_ms = running_since_ms;
    const SloId id = row->id;
    SloTracker::Overlays overlays{std::move(exclusions), remarks_of(id, *spec), timeline_.labels()};
    trackers_.try_emplace(id, *row, std::move(spec), history, restart, std::move(overlays), facts_);
    // From now on it is the tracker that knows.
    std::erase_if(history_.slos, [&](const SloRow& r) { return r.id == id; });
    return id;
  }
  const SloId id = next_id_++;
  facts_.slos.push_back({id, spec->service, spec->name, spec->generation, now_ms});
  const auto [added, inserted] = trackers_.try_emplace(id, id, std::move(spec), now_ms, facts_);
  added->second.set_labels(timeline_.labels());
  added->second.set_exclusions(std::move(exclusions));
  return id;
}

SloId Engine::resume(std::map<SloId, SloTracker>::iterator removed,
                     std::shared_ptr<const SloSpec> spec, std::vector<Exclusion> exclusions) {
  const SloId id = removed->first;
  trackers_.insert(removed_.extract(removed));
  SloTracker& tracker = trackers_.at(id);
  tracker.set_labels(timeline_.labels());
  tracker.set_remarks(remarks_of(id, *spec));
  tracker.reconfigure(std::move(spec));
  tracker.set_exclusions(std::move(exclusions));
  tracker.resume(timeline_.now_ms(), facts_);
  return id;
}

void Engine::remove(SloId id) {
  const auto tracker = trackers_.find(id);
  if (tracker == trackers_.end()) return;
  order_.clear();
  last_counters_.push_back(tracker->second.counters(timeline_.now_ms()));
  removed_.insert(trackers_.extract(tracker));
  if (removed_.size() <= kMaxRemoved) return;
  removed_.erase(std::ranges::min_element(
      removed_, {}, [](const auto& entry) { return entry.second.settled_ms(); }));
}

void Engine::forget(std::string_view service, std::string_view name, std::uint64_t generation) {
  const auto is_it = [&](const auto& entry) {
    const SloSpec& spec = entry.second.spec();
    return spec.service == service && spec.name == name && spec.generation == generation;
  };
  const auto tracker = std::ranges::find_if(trackers_, is_it);
  if (tracker != trackers_.end()) remove(tracker->first);
  std::erase_if(removed_, is_it);
  std::erase_if(history_.slos, [&](const SloRow& row) {
    return row.service == service && row.slo == name && row.generation == generation;
  });
}

bool Engine::judges(std::string_view service, std::string_view name) const {
  return std::ranges::any_of(trackers_, [&](const auto& entry) {
    return entry.second.spec().service == service && entry.second.spec().name == name;
  });
}

void Engine::forget_history(const std::function<bool(const SloRow&)>& may_come) {
  Facts kept;
  std::unordered_set<SloId> ids;
  for (SloRow& row : history_.slos) {
    if (!may_come || trackers_.contains(row.id) || !may_come(row)) continue;
    ids.insert(row.id);
    kept.slos.push_back(std::move(row));
  }
  const auto keep = [&](auto& rows, const auto& own, auto id_of) {
    for (const auto& row : own) {
      if (ids.contains(id_of(row))) rows.push_back(row);
    }
  };
  keep(kept.changes, history_.changes, [](const StateChange& row) { return row.slo; });
  keep(kept.incidents, history_.incidents, [](const IncidentRecord& row) { return row.slo; });
  keep(kept.events, history_.events, [](const EventBlock& row) { return row.slo; });
  if (history_.heartbeat && !ids.empty()) {
    kept.heartbeat = *history_.heartbeat;
    std::erase_if(kept.heartbeat->counters,
                  [&](const SloCounters& row) { return !ids.contains(row.id); });
  }
  history_ = std::move(kept);
}

template <class Action>
void Engine::each_in_order(Action action) {
  if (order_.empty()) put_in_order();
  for (const Ordered& next : order_) action(*next.tracker, next.dependencies);
  if (!order_.empty()) return;
  for (auto& [id, tracker] : trackers_) action(tracker, SloTracker::Others());
}

SloTracker* Engine::find(SloId id) {
  const auto tracker = trackers_.find(id);
  return tracker == trackers_.end() ? nullptr : &tracker->second;
}

void Engine::set_exclusions(SloId id, std::vector<Exclusion> exclusions) {
  if (SloTracker* tracker = find(id)) tracker->set_exclusions(std::move(exclusions));
}

std::shared_ptr<const Remarks> Engine::remarks_of(SloId id, const SloSpec& spec) const {
  return remarks_ ? remarks_(id, spec) : nullptr;
}

void Engine::set_remarks(RemarksOf remarks) {
  remarks_ = std::move(remarks);
  for (auto& [id, tracker] : trackers_) tracker.set_remarks(remarks_of(id, tracker.spec()));
}

std::int64_t Engine::advance(const Moment& now) {
  const Tick tick = timeline_.advance(now);
  clock_step_ms_ += std::abs(tick.step_ms);
  const bool late = tick.elapsed_ms > 2 * shortest_ms_;
  if (late || tick.suspended_ms >= kSuspendMs) {
    add_gap(gap_ms_, Cause::kSuspended, tick.suspended_ms);
    if (late) add_gap(gap_ms_, Cause::kStalled, tick.elapsed_ms - tick.suspended_ms);
    for (auto& [id, tracker] : trackers_) {
      tracker.on_late(tick.t_ms - tick.elapsed_ms, tick.t_ms, tick.suspended_ms, facts_);
    }
  }
  if (tick.relabelled) {
    facts_.boots.push_back(timeline_.boot());
    for (auto& [id, tracker] : trackers_) tracker.set_labels(timeline_.labels());
  }
  // The next start reads sleep and clock steps off the clocks of the last heartbeat: one from
  // before would show them a second time.
  if (tick.relabelled || tick.suspended_ms >= kSuspendMs) {
    write_heartbeat(false, StopReason::kNone);
  }
  return tick.t_ms;
}

void Engine::on_sent(SloId id, std::int64_t sent_boot_ns, const Moment& now) {
  const std::int64_t now_ms = advance(now);
  if (SloTracker* tracker = find(id)) {
    tracker->on_sent(std::min(now_ms, timeline_.at(sent_boot_ns)));
  }
}

bool Engine::on_sample(SloId id, std::int64_t sent_boot_ns, State state, Cause cause,
                       const Moment& now, bool evidence) {
  const std::int64_t now_ms = advance(now);
  SloTracker* tracker = find(id);
  const std::int64_t sent_ms = std::min(now_ms, timeline_.at(sent_boot_ns));
  const bool taken = state != State::kExcluded && tracker != nullptr &&
                     tracker->on_sample({sent_ms, state, cause, evidence});
  if (!taken) ++refused_;
  return taken;
}

bool Engine::tell(SloId id, const Period& period, State state, Cause cause, const Moment& now,
                  const std::optional<EventCount>& count) {
  const std::int64_t now_ms = advance(now);
  SloTracker* tracker = find(id);
  const Labels& labels = timeline_.labels();
  const SloTracker::Told told{std::min(now_ms, labels.t_ms(period.begin_ms)),
                              std::min(now_ms, labels.t_ms(period.end_ms)), state, cause, count};
  const bool taken = tracker != nullptr && tracker->tell(told, now_ms, facts_);
  if (!taken) ++refused_;
  return taken;
}

bool Engine::on_events(SloId id, const EventSlice& slice, const Moment& now) {
  const std::int64_t now_ms = advance(now);
  SloTracker* tracker = find(id);
  const bool taken =
      tracker != nullptr &&
      tracker->on_events(timeline_.at(slice.begin_boot_ns),
                         std::min(now_ms, timeline_.at(slice.end_boot_ns)), slice.count);
  if (!taken) ++refused_;
  return taken;
}

void Engine::cannot_ask(SloId id, Cause cause) {
  if (SloTracker* tracker = find(id)) tracker->cannot_ask(cause);
}

std::optional<std::int64_t> Engine::told_utc_ms(SloId id) const {
  const auto tracker = trackers_.find(id);
  if (tracker == trackers_.end()) return std::nullopt;
  return timeline_.labels().utc_ms(tracker->second.told_ms());
}

void Engine::step(const Moment& now) {
  const std::int64_t now_ms = advance(now);
  each_in_order([&](SloTracker& tracker, SloTracker::Others dependencies) {
    tracker.step(now_ms, facts_, dependencies);
  });
}

void Engine::beat(const Moment& now) {
  advance(now);
  write_heartbeat(false, StopReason::kNone);
}

void Engine::stop(const Moment& now, StopReason reason) {
  const std::int64_t now_ms = advance(now);
  each_in_order([&](SloTracker& tracker, SloTracker::Others dependencies) {
    tracker.stop(now_ms, facts_, dependencies);
  });
  write_heartbeat(true, reason);
}

void Engine::write_heartbeat(bool clean, StopReason reason) {
  Heartbeat beat = timeline_.heartbeat();
  beat.clean = clean;
  beat.reason = reason;
  beat.clock_step_ms = clock_step_ms_;
  beat.gap_ms = gap_ms_;
  beat.counters = std::exchange(last_counters_, {});
  for (const auto& [id, tracker] : trackers_) beat.counters.push_back(tracker.counters(beat.t_ms));
  heartbeat_ms_ = beat.t_ms;
  facts_.heartbeat = std::move(beat);
}

Facts Engine::take_facts() { return std::exchange(facts_, {}); }

}  // namespace slo
