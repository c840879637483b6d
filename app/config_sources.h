// The `sources:` block of the configuration: Prometheus-compatible APIs that objectives are judged
// by.
#pragma once

#include <vector>

#include "app/source_spec.h"
#include "app/yaml.h"

namespace app {

// Takes `sources` from the root of the file.
std::vector<SourceSpec> read_sources(YamlMap& root);

// PromQL as it is asked: {{.window}}, as Sloth and OpenSLO files have it, becomes a duration.
std::string with_window(std::string query, std::int64_t window_ms);

// A plain selector whose series count only as long as they are fresh: what a source gives for five
// minutes after it last heard something is not what is so now.
std::string fresh_query(const std::string& selector, std::int64_t interval_ms);

}  // namespace app
