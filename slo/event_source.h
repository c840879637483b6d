// What a source of events hands to the engine: how many good and bad events there were in a stretch
// of time, each event counted once. The source knows where the numbers come from (counters of the
// own page, a Prometheus, a log), the engine knows what they mean: whether a stretch without events
// is good, which slices are down, what is excluded. All of this on the slo thread
// (SliSource::feed).
//
// Live, for an objective whose spec has a budgeting method other than kTime:
//
//   engine.on_sent(id, begin_boot_ns, now);        // a slice begins: nothing is settled beyond it
//   engine.on_events(id, {begin, end, {good, bad}}, now);  // it is over, and this was in it
//   engine.on_sample(id, begin, State::kUnknown, Cause::kNoData, now);    // or: it was not seen
//   engine.on_sent(id, end, now);                  // the next one begins where it ended
//
// Slices come in order of time and do not overlap; one may be longer than the interval when a look
// came late and the counters tell what happened meanwhile. Its events count at its begin, so every
// window is exact to one slice. What no slice covers is unknown: neither good nor bad, and never 0
// events. A slice of 0 events is known. One of which no word comes within hold_ms() is given up,
// and its result, when it still comes, is taken all the same as long as nothing later was.
//
// A source that can tell later what happened while nobody looked tells slices in order of time
// instead (Engine::tell): then windows, counters and incidents are as if it had been known in time.
#pragma once

#include <cstdint>

#include "slo/facts.h"
#include "slo/windows.h"

namespace slo {

struct EventCount {
  std::int64_t good = 0;
  std::int64_t bad = 0;
  std::int64_t total() const { return good + bad; }
  bool operator==(const EventCount&) const = default;
};

// Whole events of sums that may have fractions (increase() of Prometheus, counters of seconds):
// what is cut off goes to the next, so that nothing is lost in the long run.
class WholeEvents {
 public:
  EventCount take(double good, double bad) { return {whole(good_, good), whole(bad_, bad)}; }

 private:
  static std::int64_t whole(double& carried, double more) {
    carried += more > 0 ? more : 0;
    // The shortfall of a sum that should be whole is no fraction.
    const auto events = static_cast<std::int64_t>(carried + 1e-6);
    carried -= static_cast<double>(events);
    return events;
  }

  double good_ = 0;
  double bad_ = 0;
};

struct EventSlice {
  std::int64_t begin_boot_ns = 0;  // CLOCK_BOOTTIME
  std::int64_t end_boot_ns = 0;
  EventCount count;
};

}  // namespace slo
