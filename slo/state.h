// The four states of a time-based objective and what brought them about. Unknown is neither up nor
// down; excluded is never stored, it is an overlay of maintenance windows applied when the log is
// read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace slo {

// Stored in the history: values are never renumbered.
enum class State : std::uint8_t { kUp = 0, kDown = 1, kUnknown = 2, kExcluded = 3 };
inline constexpr std::size_t kStateCount = 4;

// Stored in the history: values are never renumbered, new ones are added before kCauseCount.
enum class Cause : std::uint8_t {
  kNone = 0,
  // unknown: the monitor's own gaps
  kStarting = 1,        // no sample yet since the objective was first measured
  kLapsed = 2,          // the last sample is too old, although the monitor ran
  kStalled = 3,         // the monitor itself was late or stopped (SIGSTOP, starved of CPU)
  kSuspended = 4,       // the host slept
  kMonitorStopped = 5,  // clean stop: stop, upgrade
  kMonitorCrashed = 6,  // no clean stop, same boot
  kReboot = 7,          // a new boot after a clean stop
  kPowerLoss = 8,       // a new boot without a clean stop: power loss, panic
  kNotConfigured = 9,   // the objective was not in the configuration
  // unknown: blindness towards the target
  kDependency = 10,  // a named dependency is down
  kNoRoute = 11,     // the look-up of the route to the target failed
  kNetwork = 12,     // several remote hosts fail and the gateway does not answer
  kNoResolver = 13,  // no name server answers
  kLocal = 14,       // this machine refused: descriptors, memory, ports
  kNoEvents = 15,    // nothing happened that could be good or bad
  kNoData = 16,      // the series to judge by are not there
  kSource = 17,      // the source of the series cannot be asked
  // up and down: told by the record of a source after a gap of the monitor or of that source
  kBackfilled = 18,
  // down: the phase in which a probe failed
  kDns = 20,
  kConnect = 21,
  kTls = 22,
  kTimeout = 23,
  kResponse = 24,  // an answer that is not the expected one
  // down: what happened to a container
  kExited = 30,     // its process ended
  kOomKilled = 31,  // the kernel ended a process of it for want of memory
  kUnhealthy = 32,  // it runs, and its own health check fails
  kPaused = 33,
  kRemoved = 34,  // it is gone, although it has to run
};

// The label value: "up", "monitor_stopped"; "" for kNone and for numbers of a newer program.
std::string_view name(State state);
std::string_view name(Cause cause);

}  // namespace slo
