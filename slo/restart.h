// What the time between the last heartbeat and this start was.
// The monitor saw nothing of it, but the kernel tells: the same boot means that the host ran on, a
// new one that it went down. Pure, any thread.
//
// | boot | stopped               | host                            | probes                 |
// |------|-----------------------|---------------------------------|------------------------|
// | same | cleanly               | up, less the time it slept      | unknown                |
// | same | not                   | up, less the time it slept      | unknown                |
// | new  | cleanly, for shutdown | down to the start of the boot   | unknown                |
// | new  | cleanly, otherwise    | unknown to the start of the boot| unknown                |
// | new  | not                   | down to the start of the boot   | unknown                |
//
// Containers are as probes. Of what is looked at on this machine (containers, processes, units) one
// that was up before the gap and is known to have run since then, and still runs: up.
//
// After a clean stop for another reason nobody knows when in the gap the host went down. The
// length of a gap between two boots comes from the wall clock: see Timeline.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "slo/facts.h"
#include "slo/spec.h"

namespace slo {

struct Restart {
  bool heartbeat = false;  // one was found in the history
  bool same_boot = false;
  bool clean = false;
  StopReason reason = StopReason::kNone;
  std::int64_t now_ms = 0;
  std::int64_t boot_start_ms = 0;
  std::int64_t suspended_ms = 0;  // slept between the heartbeat and now, same boot only
  std::optional<std::int64_t> running_since_ms;  // the very instance that runs now
};

struct GapPart {
  std::int64_t from_ms = 0;
  State state = State::kUnknown;
  Cause cause = Cause::kNone;
  bool operator==(const GapPart&) const = default;
};

// The states from settled_ms (up to where the objective was judged, and found to be `last`) to
// now_ms, in order; the last one holds on until something newer is known. `configured`: the last
// heartbeat judged it too.
std::vector<GapPart> classify_gap(const Restart& restart, SourceKind source, State suspended,
                                  bool configured, std::int64_t settled_ms, State last);

// The cause of the monitor's gap, for fournines_gap_seconds_total.
Cause gap_cause(const Restart& restart);

}  // namespace slo
