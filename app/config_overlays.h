// Maintenance, exclusions, the error budget policy and dependencies: the parts of the configuration
// that speak about objectives by pattern or name, given to them when all are known.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/yaml.h"
#include "slo/spec.h"

namespace app {

struct ConfiguredSlo;

// maintenance:, exclusions: and error_budget_policy: of the file, as given to the objectives that
// they name. A pattern that names none is an error.
void read_overlays(YamlMap& root, std::vector<std::shared_ptr<slo::SloSpec>>& specs);

// dependencies: of one objective, as they were written.
struct WrittenDependencies {
  std::shared_ptr<slo::SloSpec> spec;
  std::vector<YamlValue> names;
};
// Finds the objectives meant; unknown ones and circles are errors.
void resolve_dependencies(const std::vector<WrittenDependencies>& written,
                          const std::vector<std::shared_ptr<slo::SloSpec>>& specs);

}  // namespace app
