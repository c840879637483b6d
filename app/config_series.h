// SLIs over series, the daemon's own or those of a source: threshold, gauge, events and latency.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/source_spec.h"
#include "app/yaml.h"
#include "slo/record_rule.h"
#include "slo/series_rule.h"
#include "slo/spec.h"

namespace app {

// An SLI that was read; interval and slice of the objective are filled in.
struct SeriesSli {
  slo::SeriesSpec spec;
  std::optional<slo::RecordSpec> record;  // instead: what a source is asked for
  bool sliced = false;                    // by timeslices; else every evaluation is a sample
  std::string meaning;  // all that decides what is good: its hash is the generation
  std::string text;     // as written, with defaults, one line of YAML
};

// slo: the objective's mapping, for budgeting_method, timeslice_window and timeslice_target; sli:
// the mapping below `sli:`. Nothing when it has none of these keys or when there were errors.
bool has_series_sli(YamlMap& sli);
std::optional<SeriesSli> read_series_sli(YamlMap& slo, YamlMap& sli,
                                         const std::vector<SourceSpec>& sources,
                                         slo::SloSpec& spec);

}  // namespace app
