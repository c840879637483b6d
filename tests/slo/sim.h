// A machine in a box for the tests of the judge: three clocks that move as told, and an engine that
// can be killed, stopped and started again on what it gave out to be stored.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "slo/engine.h"

namespace slo::testing {

inline constexpr std::int64_t kMs = 1'000'000;  // nanoseconds

// What a store does: keeps rows by their keys.
class FactKeeper {
 public:
  void write(Facts facts) {
    for (SloRow& row : facts.slos) slos_[row.id] = std::move(row);
    for (BootRow& row : facts.boots) boots_[row.boot_id] = std::move(row);
    for (const StateChange& c : facts.changes) changes_[{c.slo, c.t_ms}] = c;
    for (const IncidentRecord& i : facts.incidents) incidents_[{i.slo, i.id}] = i;
    for (EventBlock& block : facts.events) {
      const std::pair key{block.slo, block.begin_ms};
      if (!block.bytes) {
        events_.erase(key);
      } else {
        events_[key] = std::move(block);
      }
    }
    if (!facts.heartbeat) return;
    for (SloCounters& c : facts.heartbeat->counters) counters_[c.id] = std::move(c);
    heartbeat_ = std::move(facts.heartbeat);
  }

  Facts load() const {
    Facts facts;
    for (const auto& [id, row] : slos_) facts.slos.push_back(row);
    for (const auto& [id, row] : boots_) facts.boots.push_back(row);
    std::sort(facts.boots.begin(), facts.boots.end(),
              [](const BootRow& a, const BootRow& b) { return a.t_start_ms < b.t_start_ms; });
    for (const auto& [key, change] : changes_) facts.changes.push_back(change);
    for (const auto& [key, incident] : incidents_) facts.incidents.push_back(incident);
    for (const auto& [key, block] : events_) facts.events.push_back(block);
    facts.heartbeat = heartbeat_;
    if (facts.heartbeat) {
      facts.heartbeat->counters.clear();
      for (const auto& [id, c] : counters_) facts.heartbeat->counters.push_back(c);
    }
    return facts;
  }

 private:
  std::map<SloId, SloRow> slos_;
  std::map<std::string, BootRow> boots_;
  std::map<std::pair<SloId, std::int64_t>, StateChange> changes_;
  std::map<std::pair<SloId, std::int64_t>, IncidentRecord> incidents_;
  std::map<std::pair<SloId, std::int64_t>, EventBlock> events_;
  std::map<SloId, SloCounters> counters_;
  std::optional<Heartbeat> heartbeat_;
};

class Machine {
 public:
  // T and UTC begin at start_ms.
  explicit Machine(std::int64_t start_ms = 1'000'000) {
    clock_ = {60'000 * kMs, 60'000 * kMs, start_ms * kMs};
  }

  const exporter::Moment& now() const { return clock_; }
  std::int64_t boot_ns() const { return clock_.boot_ns; }
  std::int64_t t_ms() const { return engine_->timeline().now_ms(); }
  Engine& engine() { return *engine_; }
  FactKeeper& kept() { return kept_; }

  void pass(std::int64_t ms) {
    clock_.boot_ns += ms * kMs;
    clock_.mono_ns += ms * kMs;
    clock_.real_ns += ms * kMs;
  }
  void suspend(std::int64_t ms) {
    clock_.boot_ns += ms * kMs;
    clock_.real_ns += ms * kMs;
  }
  void set_wall_clock(std::int64_t by_ms) { clock_.real_ns += by_ms * kMs; }

  void start() { engine_.emplace("boot-" + std::to_string(boot_), clock_, kept_.load()); }
  SloId add(const std::shared_ptr<const SloSpec>& spec, std::vector<Exclusion> exclusions = {}) {
    return engine_->add(spec, clock_, std::move(exclusions));
  }
  void save() { kept_.write(engine_->take_facts()); }
  void step() {
    engine_->step(clock_);
    save();
  }
  void beat() {
    engine_->beat(clock_);
    save();
  }
  // What was not saved is lost.
  void kill() { engine_.reset(); }
  void stop(StopReason reason) {
    engine_->stop(clock_, reason);
    save();
    engine_.reset();
  }
  // The kernel comes up again after off_ms without power, boot_ms before now.
  void reboot(std::int64_t off_ms, std::int64_t boot_ms) {
    ++boot_;
    clock_.real_ns += (off_ms + boot_ms) * kMs;
    clock_.boot_ns = boot_ms * kMs;
    clock_.mono_ns = boot_ms * kMs;
  }

  // One good or bad probe that answers after took_ms; the engine steps at both ends.
  bool probe(SloId id, State state, std::int64_t took_ms = 20, Cause cause = Cause::kNone) {
    const std::int64_t sent_ns = clock_.boot_ns;
    engine_->on_sent(id, sent_ns, clock_);
    step();
    pass(took_ms);
    const bool taken = engine_->on_sample(id, sent_ns, state, cause, clock_);
    step();
    return taken;
  }
  // Time passes in ticks of a second, heartbeats every five, without a probe.
  void idle(std::int64_t ms) {
    for (std::int64_t left = ms; left > 0; left -= 1000) {
      pass(std::min<std::int64_t>(1000, left));
      step();
      if (++ticks_ % 5 == 0) beat();
    }
  }
  // Probes every interval_ms until ms have passed.
  void probe_for(SloId id, State state, std::int64_t ms, std::int64_t interval_ms = 5000) {
    for (std::int64_t left = ms; left > 0; left -= interval_ms) {
      probe(id, state);
      idle(interval_ms - 20);
    }
  }

  Judgement judge(SloId id) {
    Snapshot snapshot = engine_->judge();
    for (Judgement& j : snapshot.slos) {
      if (j.id == id) return std::move(j);
    }
    return {};
  }

 private:
  exporter::Moment clock_;
  int boot_ = 1;
  int ticks_ = 0;
  FactKeeper kept_;
  std::optional<Engine> engine_;
};

inline std::shared_ptr<SloSpec> probe_spec(std::int64_t interval_ms = 5000,
                                           std::int64_t timeout_ms = 4000) {
  auto spec = std::make_shared<SloSpec>();
  spec->service = "shop";
  spec->name = "website";
  spec->interval_ms = interval_ms;
  spec->timeout_ms = timeout_ms;
  return spec;
}

// Over what a source tells in slices of this length.
inline std::shared_ptr<SloSpec> record_spec(std::int64_t slice_ms) {
  auto spec = probe_spec(slice_ms, 5000);
  spec->source = SourceKind::kRecord;
  spec->record_ms = kHourMs;
  spec->merge_gap_ms = 0;
  spec->window_ms = kHourMs;
  spec->alert_rows.clear();
  return spec;
}

inline std::shared_ptr<SloSpec> host_spec() {
  auto spec = std::make_shared<SloSpec>();
  spec->service = "host";
  spec->name = "host-up";
  spec->source = SourceKind::kHost;
  return spec;
}

}  // namespace slo::testing
