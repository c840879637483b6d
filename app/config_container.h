// `sli: {container: NAME}` or `{container: {name, compose_service, states, healthy}}`.
#pragma once

#include <optional>
#include <string>

#include "app/yaml.h"
#include "slo/container_rule.h"

namespace app {

// Nothing when there were errors, which are told.
std::optional<slo::ContainerRule> read_container(const YamlValue& value);

// As it is written with every default, one line of YAML; also what decides about good and bad.
std::string container_text(const slo::ContainerRule& rule);

}  // namespace app
