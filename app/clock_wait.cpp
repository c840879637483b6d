#include "app/clock_wait.h"

#include <sys/timex.h>

namespace app {

bool is_clock_synchronised() {
  timex clock{};
  if (adjtimex(&clock) < 0) return true;
  return (clock.status & STA_UNSYNC) == 0;
}

ClockWait::Answer ClockWait::ask(const exporter::Moment& now) const {
  constexpr std::int64_t kNsPerMs = 1'000'000;
  if (is_synchronised_()) return Answer::kSynchronised;
  return now.boot_ns < longest_ms_ * kNsPerMs ? Answer::kWait : Answer::kGivenUp;
}

}  // namespace app
