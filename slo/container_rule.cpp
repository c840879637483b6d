#include "slo/container_rule.h"

#include <algorithm>

#include "slo/pattern.h"

namespace slo {

using exporter::ContainerState;

bool matches(const ContainerRule& rule, const exporter::ContainerFacts& facts) {
  const exporter::ContainerIdentity& identity = facts.identity;
  if (rule.name.empty() && rule.compose_service.empty() && rule.labels.empty() &&
      rule.cgroup.empty()) {
    return false;
  }
  if (!rule.compose_service.empty() &&
      (identity.compose_service.empty() || !like(rule.compose_service, identity.compose_service))) {
    return false;
  }
  if (!rule.cgroup.empty() && !like(rule.cgroup, facts.group)) return false;
  for (const auto& [label, value] : rule.labels) {
    const auto at = std::ranges::find(facts.labels, label, [](const auto& l) { return l.first; });
    if (at == facts.labels.end() || !like(value, at->second)) return false;
  }
  // A key has slashes where a name has none, and a pattern's "*" may stand for them.
  const bool is_key = rule.name.find('/') != std::string::npos;
  return rule.name.empty() || like(rule.name, is_key ? identity.key() : identity.name);
}

Reading read(const exporter::ContainerFacts& facts, const ContainerRule& rule, State was) {
  const auto judged = [](State state, Cause cause) {
    return Reading{Reading::Kind::kJudged, state, cause};
  };
  if ((rule.states & ContainerRule::bit(facts.state)) == 0) {
    return judged(State::kDown,
                  facts.state == ContainerState::kPaused ? Cause::kPaused : Cause::kExited);
  }
  if (facts.state != ContainerState::kRunning || !rule.healthy) {
    return judged(State::kUp, Cause::kNone);
  }
  return read(facts, was);
}

}  // namespace slo
