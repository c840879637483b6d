// Configuration keys of probes: `probe: URL` or `sli: {probe: {http: URL, …}}`; the keys of each
// kind are read in app/config_probe_kinds.h.
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
  std::int64_t confirm_ms = 0;             // 0: no attempts out of turn
};

// Takes `interval`, `timeout` and `confirm`.
void read_probe_timing(YamlMap& map, ProbeTiming& timing);

// Puts the times in and checks the whole; what is wrong is told at value. False: something is.
bool finish_probe(exporter::ProbeSpec& probe, const ProbeTiming& timing, const YamlValue& value);

// A URL alone or a mapping. Fills interval, timeout, failures and successes of the objective too.
// Nothing when there were errors, which are told.
std::optional<exporter::ProbeSpec> read_probe_source(const YamlValue& value,
                                                     const ProbeTiming& defaults,
                                                     slo::SloSpec& spec);

// A text of all that decides what a good answer is, and nothing else: its hash is the generation.
std::string probe_meaning(const exporter::ProbeSpec& probe);

}  // namespace app
