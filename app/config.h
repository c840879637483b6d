// The configuration file: one YAML file, read strictly, every default filled in. The common case is
// four lines:
//
//   slos:
//     - name: website
//       objective: 99.99
//       probe: https://example.com/healthz
//
// All errors are told at once, each with file, line and key. Without a file there is one objective,
// the host itself.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "alerts/spec.h"
#include "app/config_probe_modules.h"
#include "app/config_series.h"
#include "app/config_window.h"
#include "app/source_spec.h"
#include "app/yaml.h"
#include "exporter/core/process_groups.h"
#include "exporter/probes/probe.h"
#include "slo/container_rule.h"
#include "slo/spec.h"

namespace app {

// One objective and where its samples come from.
struct ConfiguredSlo {
  std::shared_ptr<const slo::SloSpec> spec;
  std::optional<exporter::ProbeSpec> probe;  // its id is the objective's place in Config::slos
  std::optional<std::size_t> follows;        // fed by the source of this place instead
  std::optional<SeriesSli> series;
  std::optional<slo::ContainerRule> container;
  std::string sli;  // as written, defaults filled in, one line of YAML
};

struct Config {
  std::vector<ConfiguredSlo> slos;  // the host's objective is always among them
  std::vector<AlertWindows> alert_windows;
  std::vector<SourceSpec> sources;
  alerts::AlertingSpec alerting;
  exporter::ProcessGroups process_groups;
  // As written, defaults filled in, one line of YAML.
  std::string process_groups_text = "[]";
  std::string alerting_text = "{}";
  ProbeModules modules;
  bool container_slos = true;  // every container is an objective
};

// text is the file's contents, file its name for messages. Nothing when there are errors.
std::optional<Config> load_config(const std::string& text, const std::string& file,
                                  ConfigErrors& errors);

// Reads the file; no file named gives the default configuration. An unreadable file is an error
// with line 1.
std::optional<Config> load_config_file(const std::string& file, ConfigErrors& errors);

}  // namespace app
