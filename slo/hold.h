// Sample-and-hold: turns the results of probes into a gapless sequence of decided states. A
// sample's time is when its probe was sent; its state holds until the next sample, at most
// max(2 T, T + timeout); then the state is unknown. Nothing is decided beyond the oldest probe
// still in flight. No memory per sample. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "slo/state.h"

namespace slo {

// A probe result: kUp (good), kDown (bad) or kUnknown with its cause (own blindness).
struct Sample {
  std::int64_t sent_ms = 0;
  State state = State::kUnknown;
  Cause cause = Cause::kNone;
  bool evidence = false;  // out of turn: it tells the state, and is no event
};

// From t_ms on the state is known to be this.
struct Decided {
  std::int64_t t_ms = 0;
  State state = State::kUnknown;
  Cause cause = Cause::kNone;
  bool is_event = false;  // a probe said good or bad in its turn; not a hold that ran out
};

class Hold {
 public:
  // More probes in flight than this are not waited for; their results still count.
  static constexpr std::size_t kMaxInFlight = 64;

  // Everything before settled_ms is past: nothing decided later touches it.
  Hold(std::int64_t hold_ms, std::int64_t settled_ms)
      : hold_ms_(hold_ms), settled_ms_(settled_ms) {}
  void set_hold_ms(std::int64_t hold_ms) { hold_ms_ = hold_ms; }

  // A probe left. Announce before settling beyond that time, in order of time.
  void sent(std::int64_t sent_ms);
  // Its result, in any order; one that was not announced must be newer than all others. False: it
  // is a duplicate, older than an applied one, or was given up; it counts nowhere.
  bool result(const Sample& sample);
  // The monitor itself did not run (stalled, suspended) in [from_ms, to_ms): samples sent before
  // hold at most until from_ms, and a bad result of a probe in flight proves nothing.
  void blind(std::int64_t from_ms, std::int64_t to_ms, Cause cause);
  // Probes in flight will have no result.
  void cancel();

  // Takes the next decided state up to now_ms; false when there is none and settled_ms() is as far
  // as it can be. Call until false. A probe without result after hold_ms is given up.
  bool next(std::int64_t now_ms, Decided& decided);
  std::int64_t settled_ms() const { return settled_ms_; }

 private:
  struct Flight {
    std::int64_t sent_ms = 0;
    std::int64_t cut_ms = std::numeric_limits<std::int64_t>::max();  // blind from here on
    State state = State::kUnknown;
    Cause cause = Cause::kNone;
    Cause blind = Cause::kNone;  // the monitor was blind while it was in flight
    bool resolved = false;
    bool evidence = false;
  };

  void cut(Flight& flight) const;
  void resolve(Flight& flight, const Sample& sample);
  std::int64_t expiry_ms() const;

  std::int64_t hold_ms_;
  std::int64_t settled_ms_;
  std::int64_t newest_ms_ = std::numeric_limits<std::int64_t>::min();  // sent_ms ever accepted
  Flight current_;                                                     // the sample that holds
  bool holding_ = false;
  std::int64_t blind_from_ms_ = std::numeric_limits<std::int64_t>::min();
  std::int64_t blind_to_ms_ = std::numeric_limits<std::int64_t>::min();
  Cause blind_cause_ = Cause::kNone;
  std::vector<Flight> flights_;  // ordered by sent_ms; results wait here for older ones
};

}  // namespace slo
