// By how much the counters that a selector names grew from look to look. One that fell began anew
// at 0 meanwhile. The first sight of one counts nothing: nobody knows when it began to grow. One
// that was not there for a while goes on from what it had when it was last seen. Pure, one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "slo/series_selector.h"

namespace slo {

class CounterGrowth {
 public:
  // One that is not seen for as many looks is forgotten.
  static constexpr std::int64_t kKeptLooks = 240;

  // bound: the selector names the buckets of a histogram, of which only this one counts.
  explicit CounterGrowth(Selector selector, std::optional<double> bound = std::nullopt)
      : selector_(std::move(selector)), bound_(bound) {}

  // The page as it is now. Whether there was any such counter.
  bool look(std::string_view page);
  double grown() const { return grown_; }  // at the last look
  const std::string& name() const { return selector_.name(); }
  // Why the last look saw none: "no series x with these labels", or the bounds that there are.
  std::string problem() const;

 private:
  struct Seen {
    double value = 0;
    std::int64_t look = 0;
  };

  Selector selector_;
  std::optional<double> bound_;
  std::map<std::string, Seen> seen_;
  std::set<double> bounds_;  // at the last look
  std::int64_t look_ = 0;
  double grown_ = 0;
};

}  // namespace slo
