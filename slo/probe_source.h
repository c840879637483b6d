// Probes as a source: takes results on the probe thread, hands them over on the slo thread. The id
// of a probe is the SloId of its objective.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "exporter/probes/probe.h"
#include "slo/source.h"

namespace slo {

class ProbeSource final : public SliSource, public exporter::ProbeSink {
 public:
  // What waits for the slo thread; more than that (it hangs for minutes) is counted and dropped,
  // and the time becomes unknown.
  static constexpr std::size_t kMaxWaiting = 65'536;

  // Ids from here on are of probes without an objective: they are passed over.
  static constexpr std::uint64_t kFirstForeignId = std::uint64_t{1} << 62;

  // wake is called on the probe thread when a result came.
  explicit ProbeSource(std::function<void()> wake) : wake_(std::move(wake)) {}

  void on_sent(std::uint64_t probe_id, std::uint64_t seq, const exporter::Moment& sent) override;
  void on_result(const exporter::ProbeResult& result) override;
  void feed(Engine& engine, const exporter::Moment& now) override;

  // Objectives that are judged by the samples of another's probe, by the id of that one. Any
  // thread.
  void set_followers(std::map<SloId, std::vector<SloId>> followers);

  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  struct Event {
    SloId id = 0;
    std::int64_t sent_boot_ns = 0;
    bool has_result = false;
    State state = State::kUnknown;
    Cause cause = Cause::kNone;
    bool evidence = false;
  };

  bool put(const Event& event);

  const std::function<void()> wake_;
  std::mutex lock_;
  std::vector<Event> waiting_;                     // under lock_
  std::map<SloId, std::vector<SloId>> followers_;  // under lock_
  std::atomic<std::uint64_t> dropped_{0};
  std::vector<Event> taken_;  // the slo thread's
};

// What a result means for an objective: good is up, bad is down with the phase as cause, and an
// attempt that says nothing about the target is unknown.
State state_of(const exporter::ProbeResult& result);
Cause cause_of(const exporter::ProbeResult& result);

}  // namespace slo
