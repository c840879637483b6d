// A running scheduler and what it reported, for tests.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "exporter/probes/board.h"
#include "exporter/probes/probe.h"
#include "exporter/probes/scheduler.h"
#include "tests/support/doctest.h"

namespace exporter {

struct SentRecord {
  std::uint64_t probe_id = 0;
  std::uint64_t seq = 0;
  Moment at;
};

class RecordingSink final : public ProbeSink {
 public:
  void on_sent(std::uint64_t probe_id, std::uint64_t seq, const Moment& sent) override {
    const std::lock_guard lock(mutex_);
    sent_.push_back({probe_id, seq, sent});
    changed_.notify_all();
  }
  void on_result(const ProbeResult& result) override {
    const std::lock_guard lock(mutex_);
    results_.push_back(result);
    changed_.notify_all();
  }

  // Waits until `enough` of what was recorded; false after 20 s.
  template <class Enough>
  bool wait_until(Enough enough) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20),
                             [&] { return enough(sent_, results_); });
  }
  bool wait_for_results(std::size_t count) {
    return wait_until([&](const auto&, const auto& results) { return results.size() >= count; });
  }
  bool wait_for_sent(std::size_t count) {
    return wait_until([&](const auto& sent, const auto&) { return sent.size() >= count; });
  }

  std::vector<SentRecord> sent() const {
    const std::lock_guard lock(mutex_);
    return sent_;
  }
  std::vector<ProbeResult> results() const {
    const std::lock_guard lock(mutex_);
    return results_;
  }
  std::vector<ProbeResult> results_of(std::uint64_t probe_id) const {
    std::vector<ProbeResult> own;
    for (const ProbeResult& result : results()) {
      if (result.probe_id == probe_id) own.push_back(result);
    }
    return own;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<SentRecord> sent_;
  std::vector<ProbeResult> results_;
};

// The default interval is so long that no busy machine is late enough to doubt a failure.
inline ProbeSpec probe_of(std::uint64_t id, std::string url, std::int64_t interval_ms = 60'000,
                          std::int64_t timeout_ms = 0) {
  ProbeSpec spec;
  spec.id = id;
  spec.name = "probe-" + std::to_string(id);
  spec.interval_ms = interval_ms;
  spec.timeout_ms = timeout_ms;
  spec.http().url = std::move(url);
  return spec;
}

// One attempt of one probe, with the real clock.
inline ProbeResult probe_once(const ProbeSpec& spec, std::string name_servers = {}) {
  const SystemClock clock;
  ProbeBoard board;
  RecordingSink sink;
  ProbeScheduler scheduler(clock, board, sink, std::move(name_servers));
  const auto set = scheduler.set_probes({spec});
  REQUIRE_MESSAGE(set.has_value(), (set ? "" : set.error().message));
  REQUIRE(sink.wait_for_results(1));
  return sink.results().front();
}

}  // namespace exporter
