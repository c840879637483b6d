// The results of the probes under blackbox_exporter's names, each with the label `probe` and those
// that its file of targets gave it. Values
// come from the last attempt while it still speaks (ProbeSpec::hold_ms); a probe that has none, or
// whose last attempt is unknown, has counters only: neither probe_success 1 nor 0 would be true.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "exporter/core/collector.h"
#include "exporter/probes/board.h"

namespace exporter {

// Whether these series have a label of this name themselves.
bool is_probe_label(std::string_view name);

// Everything but counters and histograms, for one scrape.
void write_probe_gauges(std::span<const ProbeStatus> probes, std::int64_t now_boot_ns,
                        SampleWriter& out);

class ProbeCollector final : public Collector {
 public:
  // The board must outlive the collector.
  explicit ProbeCollector(const ProbeBoard& board) : board_(board) {}

  std::string_view name() const override { return "probes"; }
  Result<void> collect(const Scrape& scrape, SampleWriter& out) override;

 private:
  const ProbeBoard& board_;
  std::vector<ProbeStatus> probes_;  // of the scrape
};

}  // namespace exporter
