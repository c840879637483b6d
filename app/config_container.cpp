#include "app/config_container.h"

#include <algorithm>

#include "app/config_show.h"
#include "exporter/core/text.h"

namespace app {
namespace {

using exporter::ContainerState;
using slo::ContainerRule;

std::optional<ContainerState> state_named(const std::string& text) {
  for (std::size_t i = 0; i < exporter::kContainerStateCount; ++i) {
    const auto state = static_cast<ContainerState>(i);
    if (exporter::name(state) == text) return state;
  }
  return std::nullopt;
}

void read_states(const YamlValue& value, ContainerRule& rule) {
  const auto items = value.list();
  if (!items) return;
  rule.states = 0;
  if (items->empty()) value.error("is empty");
  for (const YamlValue& item : *items) {
    const auto text = item.text();
    if (!text) continue;
    if (const auto state = state_named(*text)) {
      rule.states |= ContainerRule::bit(*state);
    } else {
      item.error("must be created, running, paused, restarting, exited or dead");
    }
  }
}

}  // namespace

std::optional<ContainerRule> read_container(const YamlValue& value) {
  ContainerRule rule;
  const std::size_t errors = value.error_count();
  if (value.is_text()) {
    rule.name = value.text().value_or("");
    if (rule.name.empty()) value.error("is empty");
  } else {
    YamlMap map(value);
    if (const auto name = map.take("name")) rule.name = name->text().value_or("");
    if (const auto service = map.take("compose_service")) {
      rule.compose_service = service->text().value_or("");
    }
    if (const auto labels = map.take("labels")) {
      if (const auto given = labels->text_map()) rule.labels = *given;
      if (rule.labels.empty() && value.error_count() == errors) labels->error("is empty");
    }
    if (const auto cgroup = map.take("cgroup")) {
      rule.cgroup = cgroup->text().value_or("");
      if (!rule.cgroup.starts_with('/') && value.error_count() == errors) {
        cgroup->error("must begin with '/': it is the path below the hierarchy's root");
      }
    }
    if (const auto states = map.take("states")) read_states(*states, rule);
    if (const auto healthy = map.take("healthy")) rule.healthy = healthy->boolean().value_or(true);
    map.finish();
    if (rule.name.empty() && rule.compose_service.empty() && rule.labels.empty() &&
        rule.cgroup.empty() && value.error_count() == errors) {
      value.error("needs one of 'name', 'compose_service', 'labels' and 'cgroup'");
    }
  }
  if (value.error_count() != errors) return std::nullopt;
  return rule;
}

std::string container_text(const ContainerRule& rule) {
  std::string text = "{container: {";
  if (!rule.name.empty()) text += "name: " + yaml_quoted(rule.name) + ", ";
  if (!rule.compose_service.empty()) {
    text += "compose_service: " + yaml_quoted(rule.compose_service) + ", ";
  }
  if (!rule.labels.empty()) {
    std::string labels;
    for (const auto& [label, pattern] : rule.labels) {
      labels += (labels.empty() ? "" : ", ") + yaml_quoted(label) + ": " + yaml_quoted(pattern);
    }
    text += "labels: {" + labels + "}, ";
  }
  if (!rule.cgroup.empty()) text += "cgroup: " + yaml_quoted(rule.cgroup) + ", ";
  std::string states;
  for (std::size_t i = 0; i < exporter::kContainerStateCount; ++i) {
    const auto state = static_cast<ContainerState>(i);
    if ((rule.states & ContainerRule::bit(state)) == 0) continue;
    states += (states.empty() ? "" : ", ") + std::string(exporter::name(state));
  }
  return text + "states: [" + states + "], healthy: " + (rule.healthy ? "true" : "false") + "}}";
}

}  // namespace app
