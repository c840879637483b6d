// Maintenance and exclusions laid over a state log when it is read: whatever the raw state was,
// time inside is excluded (or, with counts_as_up, up). The log is never rewritten, so an interval
// edited later applies to all numbers at once. Precedence: excluded > unknown > down > up.
// One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "slo/state_log.h"

namespace slo {

struct Exclusion {
  std::int64_t begin_ms = 0;
  std::int64_t end_ms = 0;  // half-open
  bool counts_as_up = false;
  bool operator==(const Exclusion&) const = default;
};

class Overlay {
 public:
  // Any order, may overlap; empty intervals are ignored. Where two overlap, excluded time wins
  // over time that counts as up.
  void set(const std::vector<Exclusion>& exclusions);

  bool empty() const { return intervals_.empty(); }
  const std::vector<Exclusion>& intervals() const { return intervals_; }  // sorted, disjoint
  bool contains(std::int64_t t_ms) const;

  // StateLog::at with the overlay applied. O(log n) in both. The log must be final up to t_ms.
  Totals at(const StateLog& log, std::int64_t t_ms) const;

  // The first begin or end of an interval at or after t_ms.
  std::optional<std::int64_t> next_edge(std::int64_t t_ms) const;

 private:
  // Cumulative over the intervals: raw states covered by them, and what they are turned into.
  struct Covered {
    Totals raw;
    std::int64_t as_up_ms = 0;
    std::int64_t as_excluded_ms = 0;
  };

  std::size_t begun(std::int64_t t_ms) const;  // intervals with begin_ms <= t_ms
  static void add(const StateLog& log, const Exclusion& interval, std::int64_t until_ms,
                  Covered& sum);

  std::vector<Exclusion> intervals_;
  mutable std::vector<Covered> before_;  // before_[i]: intervals 0..i-1, all of them over
  mutable std::uint64_t log_dropped_ = 0;
};

}  // namespace slo
