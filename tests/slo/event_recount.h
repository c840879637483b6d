// The oracle of objectives by events: every slice that was ever handed over, in a list, and every
// number of a judgement counted from the list by its definition. Slow on purpose.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "slo/judgement.h"
#include "slo/overlay.h"

namespace slo::testing {

class EventRecount {
 public:
  struct Slice {
    std::int64_t begin_ms = 0;
    std::int64_t end_ms = 0;
    std::optional<EventCount> count;  // nothing: nobody will ever know
    std::int64_t counted_ms = 0;      // how far the counters of time were when it came
  };

  EventRecount(std::shared_ptr<const SloSpec> spec, std::int64_t since_ms,
               const std::vector<Exclusion>& exclusions);

  void add(const Slice& slice);
  // The counters went back to what the last heartbeat had.
  void killed(std::int64_t counted_ms);
  void set_spec(std::shared_ptr<const SloSpec> spec) { spec_ = std::move(spec); }
  std::int64_t end_ms() const;

  // Every number that differs, one per line; empty: none. Where slices were laid together, a window
  // that is longer than that may lack events of its first coarse_ms, and those that lie so near to
  // the edge of an exclusion may be on its other side.
  std::string compare(const Judgement& j, std::int64_t coarse_ms = 0) const;

 private:
  struct Window {
    long double good = 0;  // of events, or of nanoseconds
    long double bad = 0;
    std::int64_t known_ms = 0;
    std::int64_t unknown_ms = 0;
    std::int64_t excluded_ms = 0;
    std::int64_t before_ms = 0;
  };
  std::string counters_by_ratios(const Judgement& j) const;
  std::string by_ratios(const Judgement& j, const Window& whole,
                        const std::vector<Window>& windows) const;
  // The one of that length; without it the objective's own.
  static const Window& window_of(const Judgement& j, const std::vector<Window>& windows,
                                 std::int64_t length_ms, const Window& whole);
  Window count(std::int64_t from_ms, std::int64_t to_ms) const;
  // Of events, or of nanoseconds.
  long double near_exclusions(std::int64_t from_ms, std::int64_t to_ms,
                              std::int64_t coarse_ms) const;
  std::int64_t covered(std::int64_t from_ms, std::int64_t to_ms, bool as_up) const;
  bool by_events() const { return spec_->budgeting == BudgetingMethod::kOccurrences; }

  std::shared_ptr<const SloSpec> spec_;
  std::int64_t since_ms_;
  std::vector<Exclusion> exclusions_;  // they do not overlap
  std::vector<Slice> slices_;          // by time
};

}  // namespace slo::testing
