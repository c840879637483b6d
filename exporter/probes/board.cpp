#include "exporter/probes/board.h"

#include <algorithm>
#include <utility>

#include "exporter/core/clock.h"

namespace exporter {

void LatencyHistogram::count(std::int64_t ns) {
  const auto* const bucket = std::ranges::lower_bound(kBoundsNs, ns);
  ++buckets[static_cast<std::size_t>(bucket - kBoundsNs.begin())];
  sum_ns += static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0));
}

std::shared_ptr<const SharedLabels> series_labels(const std::string& probe,
                                                  const ProbeLabels& others) {
  auto labels = std::make_shared<SharedLabels>();
  labels->add("probe", probe);
  for (const auto& [name, value] : others) labels->add(name, value);
  labels->seal();
  return labels;
}

const ProbeResult* ProbeStatus::current(std::int64_t boot_ns) const {
  if (!last || boot_ns - last->sent.boot_ns > hold_ms * kNsPerMs) return nullptr;
  return &*last;
}

void ProbeBoard::set_probes(std::span<const ProbeSpec> specs) {
  const std::lock_guard lock(mutex_);
  std::vector<ProbeStatus> old = std::exchange(probes_, {});
  probes_.reserve(specs.size());
  for (const ProbeSpec& spec : specs) {
    ProbeStatus status;
    const auto before = std::ranges::find(old, spec.name, &ProbeStatus::name);
    if (before != old.end()) {
      status = std::move(*before);
      if (status.id != spec.id) status.last.reset();
    }
    status.id = spec.id;
    status.name = spec.name;
    status.labels = series_labels(spec.name, spec.labels);
    status.given_labels = std::make_shared<const ProbeLabels>(spec.labels);
    status.kind = kind_name(spec.target);
    status.hold_ms = spec.hold_ms();
    probes_.push_back(std::move(status));
  }
}

void ProbeBoard::record(std::size_t index, const ProbeResult& result) {
  const std::lock_guard lock(mutex_);
  ProbeStatus& status = probes_[index];
  ++status.attempts[static_cast<std::size_t>(result.outcome)];
  if (result.outcome == ProbeOutcome::kBad) {
    ++status.failures[static_cast<std::size_t>(result.phase)];
  }
  if (result.outcome == ProbeOutcome::kGood) {
    status.latency.count(result.done.boot_ns - result.sent.boot_ns);
  }
  // One that was held back while its verdict was open may come after a newer one.
  if (!status.last || result.sent.boot_ns >= status.last->sent.boot_ns) status.last = result;
}

void ProbeBoard::count_missed(std::size_t index, std::int64_t missed) {
  const std::lock_guard lock(mutex_);
  probes_[index].missed += static_cast<std::uint64_t>(missed);
}

}  // namespace exporter
