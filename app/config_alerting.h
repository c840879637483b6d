// The `alerting:` blocks of the configuration: where pages go, and what one objective adds to them.
#pragma once

#include "alerts/spec.h"
#include "app/yaml.h"
#include "slo/spec.h"

namespace app {

// Takes `alerting` from the root of the file.
void read_alerting(YamlMap& root, alerts::AlertingSpec& alerting);

// Takes `url`, `tls`, `basic_auth` and `bearer_token_file` from the mapping of whoever is sent to
// or asked.
void read_endpoint_keys(YamlMap& map, bool may_have_query, alerts::EndpointSpec& endpoint);

// Takes `alerting` from an objective; its rows are those of its window when it comes.
void read_slo_alerting(YamlMap& slo_map, slo::SloSpec& spec);

}  // namespace app
