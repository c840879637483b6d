#include "slo/restart.h"

#include <algorithm>

namespace slo {

Cause gap_cause(const Restart& restart) {
  if (!restart.heartbeat) return Cause::kMonitorCrashed;
  if (restart.same_boot) return restart.clean ? Cause::kMonitorStopped : Cause::kMonitorCrashed;
  return restart.clean ? Cause::kReboot : Cause::kPowerLoss;
}

std::vector<GapPart> classify_gap(const Restart& restart, SourceKind source, State suspended,
                                  bool configured, std::int64_t settled_ms, State last) {
  const Cause cause = configured ? gap_cause(restart) : Cause::kNotConfigured;
  if (source != SourceKind::kHost && configured && restart.same_boot && last == State::kUp &&
      restart.running_since_ms && *restart.running_since_ms <= settled_ms &&
      restart.suspended_ms == 0) {
    return {{settled_ms, State::kUp, Cause::kNone}};
  }
  if (!configured || !restart.heartbeat || source != SourceKind::kHost) {
    std::vector<GapPart> parts = {{settled_ms, State::kUnknown, cause}};
    if (source == SourceKind::kHost) parts.push_back({restart.now_ms, State::kUp, Cause::kNone});
    return parts;
  }
  if (restart.same_boot) {
    const std::int64_t slept_ms =
        std::clamp<std::int64_t>(restart.suspended_ms, 0, restart.now_ms - settled_ms);
    if (slept_ms == 0) return {{settled_ms, State::kUp, Cause::kNone}};
    return {{settled_ms, suspended, Cause::kSuspended},
            {settled_ms + slept_ms, State::kUp, Cause::kNone}};
  }
  const std::int64_t boot_ms = std::clamp(restart.boot_start_ms, settled_ms, restart.now_ms);
  const bool certain = !restart.clean || restart.reason == StopReason::kShutdown;
  const State gone = certain ? State::kDown : State::kUnknown;
  return {{settled_ms, gone, cause}, {boot_ms, State::kUp, Cause::kNone}};
}

}  // namespace slo
