// After a boot the wall clock may be wrong for a while: no battery keeps it, or nobody asked a time
// server yet. How long the host was off is known from nothing else, so judging waits until the
// kernel says that the clock is synchronised, at most until the boot is as old as the longest wait.
// Where no daemon synchronises it the kernel never says so, and judging goes on by it then.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "exporter/core/clock.h"

namespace app {

// adjtimex(2), status without STA_UNSYNC. True when the kernel does not tell.
bool is_clock_synchronised();

class ClockWait {
 public:
  // longest_ms: from the boot on; 0 for no wait.
  ClockWait(std::int64_t longest_ms, std::function<bool()> is_synchronised)
      : longest_ms_(longest_ms), is_synchronised_(std::move(is_synchronised)) {}

  enum class Answer { kWait, kSynchronised, kGivenUp };
  Answer ask(const exporter::Moment& now) const;

 private:
  std::int64_t longest_ms_;
  std::function<bool()> is_synchronised_;
};

}  // namespace app
