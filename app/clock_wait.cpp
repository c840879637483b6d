#include "app/clock_wait.h"

#include <sys/timex.h>

#include "exporter/core/clock.h"

namespace app {

bool is_clock_synchronised() {
  timex clock{};
  if (adjtimex(&clock) < 0) return true;
  return (clock.status & STA_UNSYNC) == 0;
}

ClockWait::Answer ClockWait::ask(const exporter::Moment& now) const {
  if (is_synchronised_()) return Answer::kSynchronised;
  return now.boot_ns < longest_ms_ * exporter::kNsPerMs ? Answer::kWait : Answer::kGivenUp;
}

}  // namespace app
