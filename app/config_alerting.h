// The `alerting:` block of the configuration: where pages go.
#pragma once

#include "alerts/spec.h"
#include "app/yaml.h"

namespace app {

// Takes `alerting` from the root of the file.
void read_alerting(YamlMap& root, alerts::AlertingSpec& alerting);

}  // namespace app
