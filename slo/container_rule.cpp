#include "slo/container_rule.h"

#include "slo/pattern.h"

namespace slo {

using exporter::ContainerState;

bool matches(const ContainerRule& rule, const exporter::ContainerIdentity& identity) {
  if (!rule.compose_service.empty() && rule.compose_service != identity.compose_service) {
    return false;
  }
  if (rule.name.empty()) return !rule.compose_service.empty();
  // A key has slashes where a name has none, and a pattern's "*" may stand for them.
  const bool is_key = rule.name.find('/') != std::string::npos;
  return like(rule.name, is_key ? identity.key() : identity.name);
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
