// Configuration keys of probes: `probe: URL` or `sli: {probe: {http: URL, …}}`.
#pragma once

#include <optional>
#include <string>

#include "app/yaml.h"
#include "exporter/probes/probe.h"
#include "slo/spec.h"

namespace app {

struct ProbeTiming {
  std::int64_t interval_ms = 5'000;
  std::optional<std::int64_t> timeout_ms;  // not given: 4/5 of the interval
};

// Takes `interval` and `timeout`.
void read_probe_timing(YamlMap& map, ProbeTiming& timing);

// A URL alone or a mapping. Fills interval, timeout, failures and successes of the objective too.
// Nothing when there were errors, which are told.
std::optional<exporter::ProbeSpec> read_probe_source(const YamlValue& value,
                                                     const ProbeTiming& defaults,
                                                     slo::SloSpec& spec);

// A text of all that decides what a good answer is, and nothing else: its hash is the generation.
std::string probe_meaning(const exporter::ProbeSpec& probe);

}  // namespace app
