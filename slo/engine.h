// The judge: owns the axis T and every objective, takes samples and ticks, hands out facts to
// store and snapshots to show. No I/O, no clock, no thread of its own: one thread calls it.
//
//   Engine engine(boot_id, now, store.load());          // history is empty at the first start
//   engine.add(spec, now);                              // for every objective
//   each second:  drain the probe queue into on_sent/on_sample, then step(now),
//                 publish judge(), hand take_facts() to the store; beat(now) every 5 s
//   at the end:   stop(now, reason), take_facts()
//
// `now` is read before the queue is drained. A call that comes later than two intervals after the
// one before it is noticed: what was not observed meanwhile is unknown.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exporter/core/clock.h"
#include "slo/event_source.h"
#include "slo/facts.h"
#include "slo/judgement.h"
#include "slo/overlay.h"
#include "slo/restart.h"
#include "slo/spec.h"
#include "slo/timeline.h"
#include "slo/tracker.h"

namespace slo {

class Engine {
 public:
  Engine(std::string boot_id, const exporter::Moment& now, Facts history = {});

  // A new objective, one that was removed or is from the history (same service, name and
  // generation), or, when it is already judged, its new configuration. `later` is a history loaded
  // after the start; without it the one of the start is used, as far as it is still kept.
  // running_since_ms, on the axis of the timeline: proof for the time since the history ended, of
  // what was up then and goes on running.
  SloId add(std::shared_ptr<const SloSpec> spec, const exporter::Moment& now,
            std::vector<Exclusion> exclusions = {}, const Facts* later = nullptr,
            std::optional<std::int64_t> running_since_ms = {});
  // Judged no more, and in no snapshot. Its counters go with the next heartbeat, its history stays
  // in the store, and the last kMaxRemoved can be added again as if they had been there unseen.
  static constexpr std::size_t kMaxRemoved = 1'000;
  void remove(SloId id);
  // Whatever is known of it goes; another one of that name and generation begins anew.
  void forget(std::string_view service, std::string_view name, std::uint64_t generation);
  bool judges(std::string_view service, std::string_view name) const;
  bool judges(SloId id) const { return trackers_.contains(id); }
  // Every objective of the configuration was added: the start's history is needed only for those
  // that still may come.
  void forget_history(const std::function<bool(const SloRow&)>& may_come = {});

  void set_exclusions(SloId id, std::vector<Exclusion> exclusions);
  // What people said about the objectives, all of it; asked again for those that come later. Null:
  // nothing.
  using RemarksOf = std::function<std::shared_ptr<const Remarks>(SloId, const SloSpec&)>;
  void set_remarks(RemarksOf remarks);
  // The probe left at this CLOCK_BOOTTIME; announced when it leaves, so that nothing is settled
  // beyond it. Unknown ids are ignored.
  void on_sent(SloId id, std::int64_t sent_boot_ns, const exporter::Moment& now);
  // Its result: kUp, kDown or kUnknown. False: refused (duplicate, too old, unknown id).
  // evidence: it was sent out of turn to confirm a failure, and counts as no event.
  bool on_sample(SloId id, std::int64_t sent_boot_ns, State state, Cause cause,
                 const exporter::Moment& now, bool evidence = false);
  // See slo/event_source.h. False: refused (it overlaps what is known, is from the future, the id
  // is unknown or of an objective that is not judged by events).
  bool on_events(SloId id, const EventSlice& slice, const exporter::Moment& now);
  // Of a kRecord: what its source keeps about [begin, end) of Unix time, see SloTracker::tell. The
  // source asks from told_utc_ms() on, where nothing was told yet.
  bool tell(SloId id, const Period& period, State state, Cause cause, const exporter::Moment& now,
            const std::optional<EventCount>& count = std::nullopt);
  void cannot_ask(SloId id, Cause cause);
  std::optional<std::int64_t> told_utc_ms(SloId id) const;
  void step(const exporter::Moment& now);

  Snapshot judge() const;
  // Every objective over the same [begin, end) in Unix milliseconds; without it, each over the last
  // window_ms or, where that is 0, over its own window.
  struct Question {
    std::optional<Period> period;
    std::int64_t window_ms = 0;
    std::string label;
  };
  std::vector<Report> report(const Question& question) const;
  std::map<SloId, std::shared_ptr<const SloSpec>> specs() const;  // of those that are judged
  bool has_incident(SloId id, std::int64_t incident) const;
  // Puts a heartbeat among the facts.
  void beat(const exporter::Moment& now);
  // Clean stop: settles, then the last heartbeat. Nothing but take_facts() afterwards.
  void stop(const exporter::Moment& now, StopReason reason);
  Facts take_facts();

  const Timeline& timeline() const { return timeline_; }
  std::uint64_t refused_samples() const { return refused_; }

 private:
  std::int64_t advance(const exporter::Moment& now);
  SloId resume(std::map<SloId, SloTracker>::iterator removed, std::shared_ptr<const SloSpec> spec,
               std::vector<Exclusion> exclusions);
  SloTracker* find(SloId id);
  void put_in_order();
  template <class Action>
  void each_in_order(Action action);
  std::shared_ptr<const Remarks> remarks_of(SloId id, const SloSpec& spec) const;
  void write_heartbeat(bool clean, StopReason reason);

  Facts history_;
  Timeline timeline_;
  Restart restart_;
  std::map<SloId, SloTracker> trackers_;
  std::map<SloId, SloTracker> removed_;
  std::vector<SloCounters> last_counters_;  // of removed ones, for the next heartbeat
  // Every tracker behind those it depends on; empty when trackers came or
  // went since, and as long as none depends on another.
  struct Ordered {
    SloTracker* tracker;
    std::vector<const SloTracker*> dependencies;
  };
  std::vector<Ordered> order_;
  RemarksOf remarks_;
  SloId next_id_ = 1;
  std::int64_t shortest_ms_ = 5 * kSecondMs;  // interval of any objective
  std::optional<std::int64_t> heartbeat_ms_;
  std::int64_t clock_step_ms_ = 0;
  std::vector<std::int64_t> gap_ms_;
  std::uint64_t refused_ = 0;
  Facts facts_;
};

}  // namespace slo
