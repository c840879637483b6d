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
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exporter/core/clock.h"
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

  // A new objective, one from the history (same service, name and generation), or, when it is
  // already judged, its new configuration. `later` is a history loaded after the start, for an
  // objective that a reload brings back; without it the one of the start is used as long as
  // forget_history() was not called.
  SloId add(std::shared_ptr<const SloSpec> spec, const exporter::Moment& now,
            std::vector<Exclusion> exclusions = {}, const Facts* later = nullptr);
  // Its counters go with the next heartbeat; its history stays in the store.
  void remove(SloId id);
  // The start's history is no longer needed: every objective of the configuration was added.
  void forget_history();

  void set_exclusions(SloId id, std::vector<Exclusion> exclusions);
  // The probe left at this CLOCK_BOOTTIME; announced when it leaves, so that nothing is settled
  // beyond it. Unknown ids are ignored.
  void on_sent(SloId id, std::int64_t sent_boot_ns, const exporter::Moment& now);
  // Its result: kUp, kDown or kUnknown. False: refused (duplicate, too old, unknown id).
  bool on_sample(SloId id, std::int64_t sent_boot_ns, State state, Cause cause,
                 const exporter::Moment& now);
  void step(const exporter::Moment& now);

  Snapshot judge() const;
  // Puts a heartbeat among the facts.
  void beat(const exporter::Moment& now);
  // Clean stop: settles, then the last heartbeat. Nothing but take_facts() afterwards.
  void stop(const exporter::Moment& now, StopReason reason);
  Facts take_facts();

  const Timeline& timeline() const { return timeline_; }
  std::uint64_t refused_samples() const { return refused_; }

 private:
  std::int64_t advance(const exporter::Moment& now);
  SloTracker* find(SloId id);
  void write_heartbeat(bool clean, StopReason reason);

  Facts history_;
  Timeline timeline_;
  Restart restart_;
  std::map<SloId, SloTracker> trackers_;
  std::vector<SloCounters> removed_;
  SloId next_id_ = 1;
  std::int64_t shortest_ms_ = 5 * kSecondMs;  // interval of any objective
  std::optional<std::int64_t> heartbeat_ms_;
  std::int64_t clock_step_ms_ = 0;
  std::vector<std::int64_t> gap_ms_;
  std::uint64_t refused_ = 0;
  Facts facts_;
};

}  // namespace slo
