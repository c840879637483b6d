// Prometheus' file_sd format, JSON or YAML: a list of {targets: [host, …], labels: {name: value}}.
// The labels stand on every series of the targets' probes, as Prometheus puts them on what it
// scrapes, but for two: `probe` names the probe, and names that begin with __ are, as there, for
// relabelling only and passed over. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "exporter/core/error.h"
#include "exporter/probes/probe.h"

namespace app {

struct FoundTarget {
  std::string target;
  std::string name;  // label `probe`; empty: none given
  // The others, sorted by name; without those that are empty, which equal none.
  exporter::ProbeLabels labels;
};

inline constexpr std::size_t kMaxTargets = 10'000;  // of all files
inline constexpr std::size_t kMaxTargetLabels = 16;
inline constexpr std::size_t kMaxFileSdBytes = std::size_t{4} << 20;

// kInvalid with the first thing that is wrong, "file:line: path: what".
exporter::Result<std::vector<FoundTarget>> parse_file_sd(const std::string& text,
                                                         const std::string& file);

}  // namespace app
