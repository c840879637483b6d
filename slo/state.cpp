#include "slo/state.h"

namespace slo {

std::string_view name(State state) {
  switch (state) {
    case State::kUp: return "up";
    case State::kDown: return "down";
    case State::kUnknown: return "unknown";
    case State::kExcluded: return "excluded";
  }
  return "";
}

std::string_view name(Cause cause) {
  switch (cause) {
    case Cause::kNone: return "";
    case Cause::kStarting: return "starting";
    case Cause::kLapsed: return "lapsed";
    case Cause::kStalled: return "stalled";
    case Cause::kSuspended: return "suspended";
    case Cause::kMonitorStopped: return "monitor_stopped";
    case Cause::kMonitorCrashed: return "monitor_crashed";
    case Cause::kReboot: return "reboot";
    case Cause::kPowerLoss: return "power_loss";
    case Cause::kNotConfigured: return "not_configured";
    case Cause::kDependency: return "dependency";
    case Cause::kNoRoute: return "no_route";
    case Cause::kNetwork: return "network";
    case Cause::kNoResolver: return "no_resolver";
    case Cause::kLocal: return "local";
    case Cause::kNoEvents: return "no_events";
    case Cause::kNoData: return "no_data";
    case Cause::kSource: return "source_unreachable";
    case Cause::kBackfilled: return "backfilled";
    case Cause::kDns: return "dns";
    case Cause::kConnect: return "connect";
    case Cause::kTls: return "tls";
    case Cause::kTimeout: return "timeout";
    case Cause::kResponse: return "response";
    case Cause::kExited: return "exited";
    case Cause::kOomKilled: return "oom_killed";
    case Cause::kUnhealthy: return "unhealthy";
    case Cause::kPaused: return "paused";
    case Cause::kRemoved: return "removed";
  }
  return "";
}

}  // namespace slo
