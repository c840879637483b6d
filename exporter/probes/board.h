// The last result of every probe and its counters, for whoever shows them. Written by the probe
// thread, copied by scrapes; the lock is held for that only, because the probe thread may wait for
// it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/samples.h"
#include "exporter/probes/probe.h"

namespace exporter {

// How long the attempts with the expected answer took.
struct LatencyHistogram {
  static constexpr std::array<std::int64_t, 14> kBoundsNs = {
      1'000'000,     2'500'000,     5'000'000,      10'000'000,    25'000'000,
      50'000'000,    100'000'000,   250'000'000,    500'000'000,   1'000'000'000,
      2'500'000'000, 5'000'000'000, 10'000'000'000, 30'000'000'000};

  void count(std::int64_t ns);

  std::array<std::uint64_t, kBoundsNs.size() + 1> buckets{};  // each alone; the last has no bound
  std::uint64_t sum_ns = 0;
};

struct ProbeStatus {
  std::uint64_t id = 0;
  std::string name;
  std::shared_ptr<const SharedLabels> labels;  // of its series: `probe`, then the given ones
  std::shared_ptr<const ProbeLabels> given_labels;
  std::string_view kind;     // kind_name
  std::int64_t hold_ms = 0;  // how long a result speaks
  std::optional<ProbeResult> last;
  std::array<std::uint64_t, kProbeOutcomeCount> attempts{};  // by ProbeOutcome
  std::array<std::uint64_t, kProbePhaseCount> failures{};    // bad ones, by ProbePhase
  std::uint64_t missed = 0;                                  // times without an attempt
  LatencyHistogram latency;

  // The last result while it still speaks at boot_ns; an older one says nothing about now.
  const ProbeResult* current(std::int64_t boot_ns) const;
};

// `probe`, then the others.
std::shared_ptr<const SharedLabels> series_labels(const std::string& probe,
                                                  const ProbeLabels& others = {});

class ProbeBoard {
 public:
  // The order of the specs is the order of the indexes below. Counters go on under the same name,
  // results under the same name and id.
  void set_probes(std::span<const ProbeSpec> specs);

  void record(std::size_t index, const ProbeResult& result);
  void count_missed(std::size_t index, std::int64_t missed);

  // All of it as it is now. What out has already is written over in place, so that a copy into the
  // same vector again and again allocates nothing.
  void copy_to(std::vector<ProbeStatus>& out) const {
    const std::lock_guard lock(mutex_);
    out = probes_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<ProbeStatus> probes_;
};

}  // namespace exporter
