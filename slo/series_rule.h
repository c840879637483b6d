// What the daemon's own series say about an objective, slice by slice. A slice is judged when it is
// over, from what was seen in it at each evaluation:
//
//   threshold   each series that is selected is one sample: good when its value is on the good side
//   gauge       the same with "is not 0"
//   events      counters: good and total, or bad and total, as they grew (slo/counter_growth.h)
//   latency     the same with a histogram: good is the bucket of the threshold
//
// A slice is good when at least `target` of its samples or events are; of one that is `counted` the
// events or samples themselves are told. Pure: time and page are arguments. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slo/counter_growth.h"
#include "slo/event_source.h"
#include "slo/objective.h"
#include "slo/series_selector.h"
#include "slo/state.h"

namespace slo {

enum class WhenAbsent : std::uint8_t { kUnknown, kGood, kBad };  // also for slices without events
enum class Comparison : std::uint8_t { kLt, kLte, kGt, kGte, kNot };

bool holds(double value, Comparison comparison, double bound);

// What a slice is: good when at least target_ppb of `total` > 0 are; and when there was nothing.
std::pair<State, Cause> judged_by_share(long double good, long double total,
                                        std::int64_t target_ppb);
std::pair<State, Cause> judged_without_events(WhenAbsent when_absent);

struct SeriesSpec {
  enum class Kind : std::uint8_t { kThreshold, kEvents };
  Kind kind = Kind::kThreshold;
  std::optional<Selector> metric;  // kThreshold
  Comparison comparison = Comparison::kLte;
  double value = 0;
  std::optional<Selector> part;  // kEvents: the good ones, or the bad ones
  bool part_is_good = true;
  std::optional<double> part_bound;  // latency: `part` is a histogram's buckets, of which this one
  std::optional<Selector> total;
  WhenAbsent when_absent = WhenAbsent::kUnknown;

  bool counted = false;                // for the engine to judge: every event or sample counts
  std::int64_t interval_ms = 15'000;   // from evaluation to evaluation
  std::int64_t slice_ms = 60'000;      // a multiple of it
  std::int64_t target_ppb = kBillion;  // of the samples or events of a good slice
};

// What is to be told to the engine, in this order.
struct SliceEvent {
  std::int64_t begin_boot_ns = 0;
  std::optional<State> state;  // none: the slice begins, or has a count
  Cause cause = Cause::kNone;
  std::int64_t end_boot_ns = 0;
  std::optional<EventCount> count = {};
};

class SeriesRule {
 public:
  explicit SeriesRule(SeriesSpec spec);

  const SeriesSpec& spec() const { return spec_; }
  // CLOCK_BOOTTIME of the next evaluation: a multiple of the interval. At the start: the first
  // slice that can be seen whole begins then.
  std::int64_t due_ns(std::int64_t now_boot_ns) const;

  // The page as it is now. Evaluations that come late leave slices unknown when less than half of
  // one was seen; slices of one evaluation that counters tell become longer.
  std::vector<SliceEvent> evaluate(std::int64_t now_boot_ns, std::string_view page);

  // Why there is nothing to judge by, "" when there is: "no bucket with le=0.4, there are 0.1, 1".
  const std::string& problem() const { return problem_; }

 private:
  struct Counts {
    double good = 0;
    double total = 0;
  };

  void look(std::string_view page);
  void look_at_samples(std::string_view page);
  std::pair<State, Cause> verdict() const;
  SliceEvent closed(std::int64_t end_ns);

  SeriesSpec spec_;
  std::optional<std::int64_t> slice_;  // its number on the boot clock
  Counts counts_;                      // of the slice so far
  std::int64_t seen_ = 0;              // evaluations in it
  std::int64_t absent_ = 0;            // those of them without any series
  bool announced_ = false;             // its beginning was told
  bool has_baseline_ = false;
  std::optional<CounterGrowth> part_;
  std::optional<CounterGrowth> total_;
  WholeEvents whole_;
  double ahead_ = 0;  // by which the part was ahead of the total: good ones of the next slice
  std::string problem_;
};

}  // namespace slo
