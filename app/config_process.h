// The `process_groups:` block of the configuration: which processes belong together.
#pragma once

#include <vector>

#include "app/yaml.h"
#include "exporter/core/process_groups.h"

namespace app {

// In the order of the file; what is wrong goes into the errors of root. groups takes the compiled
// form.
void read_process_groups(YamlMap& root, exporter::ProcessGroups& groups);

}  // namespace app
