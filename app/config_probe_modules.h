// Configuration keys `probe_modules` (what GET /probe may be asked for) and `probe_targets` (files
// of targets, exporter-wide: probes without an objective).
#pragma once

#include <string>
#include <vector>

#include "app/config_probe.h"
#include "app/yaml.h"
#include "exporter/probes/probe.h"

namespace app {

// A probe without a target.
struct ProbeModule {
  std::string name;
  exporter::ProbeSpec spec;        // all but the target's address
  std::vector<std::string> allow;  // patterns; a target of a query matches one of them whole
};

// Targets that files give: each is probed as the module says.
struct TargetFileSet {
  std::string module;
  std::vector<std::string> files;  // paths, the last part may be a pattern: /etc/x/*.yml
  bool operator==(const TargetFileSet&) const = default;
};

struct ProbeModules {
  std::vector<ProbeModule> modules;
  std::vector<TargetFileSet> target_files;

  const ProbeModule* find(std::string_view name) const;
};

void read_probe_modules(YamlMap& root, const ProbeTiming& defaults, ProbeModules& modules);

// The module's probe of this target, by the name "<module>/<target>". kInvalid, not quoting more
// than the target, when it cannot be one.
exporter::Result<exporter::ProbeSpec> probe_of_module(const ProbeModule& module,
                                                      const std::string& target);

bool allows(const ProbeModule& module, const std::string& target);

}  // namespace app
