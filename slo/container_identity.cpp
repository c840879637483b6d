// A container is up while it runs and, if it has a health check, is healthy. One that stopped is
// down, unless it may end: policy `no` (or `on-failure`, which does not start it again either) with
// exit code 0; and without anything that would start it again, whatever a person stopped, and what
// ended without leaving a record.
#include "slo/container_identity.h"

#include <algorithm>

#include "exporter/core/text.h"

namespace slo {
namespace {

using exporter::ContainerFacts;
using exporter::ContainerHealth;
using exporter::ContainerIdentity;
using exporter::ContainerRuntime;
using exporter::ContainerState;
using exporter::RestartPolicy;

constexpr std::size_t kMaxNameBytes = 128;
constexpr std::string_view kSandbox = "POD";
// Kubernetes' random names have no vowels, so that they are no words.
constexpr std::string_view kRandomLetters = "bcdfghjklmnpqrstvwxz2456789";

std::string clean(std::string_view text) { return exporter::printable(text, kMaxNameBytes); }

// Cuts a last "-part" whose letters are all among these and whose length fits.
bool cut_last(std::string_view& name, std::string_view letters, std::size_t least,
              std::size_t most) {
  const std::size_t dash = name.rfind('-');
  if (dash == std::string_view::npos || dash == 0) return false;
  const std::string_view part = name.substr(dash + 1);
  if (part.size() < least || part.size() > most) return false;
  if (part.find_first_not_of(letters) != std::string_view::npos) return false;
  name = name.substr(0, dash);
  return true;
}

bool is_owned(const ContainerIdentity& identity) {
  return !identity.compose_project.empty() || !identity.k8s_pod.empty();
}

Reading judged(State state, Cause cause) { return {Reading::Kind::kJudged, state, cause}; }

Reading read_running(const ContainerFacts& facts, State was) {
  switch (facts.health) {
    case ContainerHealth::kUnknown:
    case ContainerHealth::kNone:
    case ContainerHealth::kHealthy: return judged(State::kUp, Cause::kNone);
    case ContainerHealth::kUnhealthy: return judged(State::kDown, Cause::kUnhealthy);
    case ContainerHealth::kStarting: break;
  }
  if (was == State::kDown) return judged(State::kDown, Cause::kUnhealthy);
  return judged(State::kUnknown, Cause::kStarting);
}

Reading read_ended(const ContainerFacts& facts) {
  const bool starts_again = facts.restart_policy == RestartPolicy::kAlways ||
                            facts.restart_policy == RestartPolicy::kUnlessStopped;
  const bool done = facts.exit_code_known && facts.exit_code == 0;
  if (done && !starts_again && facts.identity.k8s_pod.empty()) return {Reading::Kind::kEnded};
  if (!has_to_run(facts) && (facts.stopped_by_user || !facts.exit_code_known)) {
    return {Reading::Kind::kEnded};
  }
  return judged(State::kDown, Cause::kExited);
}

}  // namespace

std::string_view workload_of(std::string_view pod) {
  std::string_view name = pod;
  if (!cut_last(name, kRandomLetters, 5, 5)) return pod;
  if (!cut_last(name, kRandomLetters, 6, 10)) cut_last(name, "0123456789", 8, 11);
  return name;
}

std::optional<ObjectiveName> objective_of(const ContainerIdentity& identity) {
  if (identity.runtime == ContainerRuntime::kSystemd) return std::nullopt;
  if (!identity.k8s_pod.empty()) {
    if (identity.k8s_container.empty() || identity.k8s_container == kSandbox) return std::nullopt;
    return ObjectiveName{clean(identity.k8s_namespace) + "/" + clean(workload_of(identity.k8s_pod)),
                         "container-" + clean(identity.k8s_container)};
  }
  if (identity.name.empty()) return std::nullopt;
  const std::string name = clean(identity.name);
  return ObjectiveName{identity.compose_service.empty() ? name : clean(identity.compose_service),
                       "container-" + name};
}

bool has_to_run(const ContainerFacts& facts) {
  return is_owned(facts.identity) || facts.restart_policy == RestartPolicy::kAlways ||
         facts.restart_policy == RestartPolicy::kUnlessStopped ||
         facts.restart_policy == RestartPolicy::kOnFailure;
}

Reading read(const ContainerFacts& facts, State was) {
  switch (facts.state) {
    case ContainerState::kCreated: return {};
    case ContainerState::kRunning: return read_running(facts, was);
    case ContainerState::kPaused: return judged(State::kDown, Cause::kPaused);
    case ContainerState::kRestarting: return judged(State::kDown, Cause::kExited);
    case ContainerState::kExited:
    case ContainerState::kDead: return read_ended(facts);
  }
  return {};
}

}  // namespace slo
