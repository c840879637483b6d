// The `alerting:` block of the configuration: where pages go.
#pragma once

#include "alerts/spec.h"
#include "app/yaml.h"

namespace app {

// Takes `alerting` from the root of the file.
void read_alerting(YamlMap& root, alerts::AlertingSpec& alerting);

// Takes `url`, `tls`, `basic_auth` and `bearer_token_file` from the mapping of whoever is sent to
// or asked.
void read_endpoint_keys(YamlMap& map, bool may_have_query, alerts::EndpointSpec& endpoint);

}  // namespace app
