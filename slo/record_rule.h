// What a source that keeps series, a Prometheus, says about an objective, slice by slice. Slices
// stand on the wall clock's grid; each is judged from the values at every interval in it, the one
// at its end included:
//
//   slice       |     0     |     1     |
//   evaluated         b     c     d     e      slice 0 has b and c
//
// Each series with a value there is one sample, good when the value is on the good side; a slice is
// good when at least `target` of its samples are, and unknown when less than half of its
// evaluations found any. What the source did not take itself is not evidence: it goes on giving
// what it last heard, for five minutes and over its own stops, so an evaluation counts only where
// it had fresh samples of anything (alive). Pure, any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slo/calendar.h"
#include "slo/series_rule.h"

namespace slo {

// Good and bad events instead of values. `part` and `total` are PromQL, or come from a histogram.
struct EventQueries {
  std::string part;  // the good ones, or the bad ones
  std::string total;
  bool part_is_good = true;
  // Selectors of counters, whose growth is counted here; else the value at the end of a slice is
  // the number of events in it, or with a scale a rate, of which that many make one.
  bool counters = false;
  double part_scale = 1;
  double total_scale = 1;
  // Latency: the selector of a histogram; good is what is at most `bound` seconds.
  std::string histogram;
  double bound = 0;
};

struct RecordSpec {
  std::string source;  // its name
  std::string query;   // PromQL
  std::optional<EventQueries> events;
  Comparison comparison = Comparison::kLte;
  double value = 0;
  WhenAbsent when_absent = WhenAbsent::kUnknown;
  std::int64_t interval_ms = 15'000;
  std::int64_t slice_ms = 15'000;  // a multiple of it
  std::int64_t target_ppb = kBillion;
  bool counted = false;  // every event or sample counts; else slices are up or down
};

// A series as the source keeps it.
struct Track {
  struct Sample {
    std::int64_t utc_ms = 0;
    double value = 0;
  };
  std::map<std::string, std::string> labels;
  std::vector<Sample> samples;
};

struct ToldSlice {
  Period period;  // Unix milliseconds
  State state = State::kUnknown;
  Cause cause = Cause::kNone;
};

// What was in a slice: events, or samples.
struct CountedSlice {
  Period period;
  double good = 0;
  double bad = 0;
  bool is_known = false;  // the source ran, and there was something to count
};

// The slices of [begin, end), whole ones, from the query's values at begin + interval, ..., end.
// alive has a value at each of these at which the source had fresh samples.
std::vector<CountedSlice> count_samples(const RecordSpec& spec, const Period& asked,
                                        const std::vector<Track>& tracks,
                                        const std::vector<Track>& alive);

// Judged by the share of good ones, for slices that are up or down.
ToldSlice judge_counted(const RecordSpec& spec, const CountedSlice& slice);
std::vector<ToldSlice> judge_slices(const RecordSpec& spec, const Period& asked,
                                    const std::vector<Track>& tracks,
                                    const std::vector<Track>& alive);

}  // namespace slo
