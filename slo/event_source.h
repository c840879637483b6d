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
// Late (backfill): a gap that was closed by a later slice may be filled once its events are known,
// however much later, also in the next run of the program and after a reboot:
//
//   for (const EventGap& gap : engine.event_gaps(id))      // oldest first
//     engine.fill_events(id, gap.begin_ms, some_end_ms, EventCount{good, bad});   // piece by piece
//
// Times of gaps are on the axis T (slo/timeline.h), which names an instant for ever; utc_*_ms are
// the same instants on the wall clock, for a query. A fill lies within one gap and becomes one
// known slice: choose pieces of about the interval, at most kMaxFillMs. No count means "nobody
// knows, ask no more": the piece stays unknown and is no gap any longer. Filled events are in every
// window and verdict from the next step on, in slo_events_total at once, and on disk with the facts
// of that step. State seconds and incidents stay as they were seen: they are not rewritten.
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

struct EventGap {
  std::int64_t begin_ms = 0;  // on the axis T
  std::int64_t end_ms = 0;
  std::int64_t utc_begin_ms = 0;
  std::int64_t utc_end_ms = 0;
};

// The longest piece of a fill: the edges of old windows are exact to it.
inline constexpr std::int64_t kMaxFillMs = 5 * kMinuteMs;

}  // namespace slo
