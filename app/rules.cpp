// fournines rules: alert rules for Prometheus, made of the configured objectives. With -o one file
// per objective, and fleet.json; without, everything as one file on standard output. What the
// configuration asks for and rules cannot do goes to standard error.
#include <cstdio>
#include <set>

#include "alerts/rules_compat.h"
#include "alerts/rules_native.h"
#include "app/commands.h"
#include "app/config.h"
#include "app/format.h"
#include "app/output_files.h"

namespace app {
namespace {

using alerts::RuleFile;

std::vector<RuleFile> files_of(const Config& config, const std::string& compat) {
  alerts::SloSpecs specs;
  for (const ConfiguredSlo& configured : config.slos) specs.push_back(configured.spec);
  std::vector<RuleFile> files;
  for (const auto& spec : specs) {
    if (compat == "sloth") {
      files.push_back(alerts::sloth_rules(*spec));
    } else if (compat == "pyrra") {
      files.push_back(alerts::pyrra_rules(*spec));
    } else {
      files.push_back(alerts::native_rules(*spec, config.alerting));
    }
  }
  if (compat == "native") files.push_back(alerts::fleet_rules(specs, config.alerting));
  return files;
}

// a/b-c and a-b/c are two objectives, but one name with a dash between.
std::string name_twice(const std::vector<RuleFile>& files) {
  std::set<std::string> names;
  for (const RuleFile& file : files) {
    if (!names.insert(file.name).second) return file.name;
  }
  return {};
}

void warn(const slo::SloSpec& spec, const std::string& compat) {
  constexpr std::int64_t kUsualScrapeMs = 15'000;
  constexpr std::int64_t kScrapesInWindow = 4;
  const std::string name = alerts::rule_id(spec);
  for (const slo::AlertRow& row : spec.alert_rows) {
    const std::string text = name + ": the " + std::string(slo::name(row.severity)) + " row " +
                             slo::duration_label(row.long_ms) + "/" +
                             slo::duration_label(row.short_ms);
    if (slo::can_never_fire(row, spec.objective, spec.window_ms)) {
      std::fprintf(stderr, "%s can never fire%s\n", text.c_str(),
                   compat == "native" ? " and is left out" : "");
    } else if (compat == "sloth" && spec.counts_events() &&
               slo::failures_to_fire(row, spec.objective, spec.window_ms, spec.interval_ms) < 2) {
      std::fprintf(stderr, "%s fires on a single failed probe: these rules know no min_failures\n",
                   text.c_str());
    }
    if (row.short_ms < kScrapesInWindow * kUsualScrapeMs) {
      std::fprintf(
          stderr, "%s needs a scrape each %s\n", text.c_str(),
          duration_words(static_cast<double>(row.short_ms) / kScrapesInWindow / 1000).c_str());
    }
  }
}

}  // namespace

int rules(const Options& options) {
  ConfigErrors errors;
  const auto config = load_config_file(options.config_file, errors);
  for (const std::string& line : errors.lines()) std::fprintf(stderr, "%s\n", line.c_str());
  if (!config) return kExitUsage;
  for (const ConfiguredSlo& configured : config->slos) warn(*configured.spec, options.rules_compat);

  const bool yaml = options.rules_format == "yaml";
  const auto text = [yaml](const RuleFile& file) {
    return yaml ? alerts::rules_to_yaml(file) : alerts::rules_to_json(file);
  };
  std::vector<RuleFile> files = files_of(*config, options.rules_compat);
  if (const std::string name = name_twice(files); !name.empty()) {
    return complain(kExitUsage, "two objectives would both be called " + name + " in the rules");
  }
  if (options.output_directory.empty()) {
    RuleFile all;
    for (RuleFile& file : files) {
      for (alerts::RuleGroup& group : file.groups) all.groups.push_back(std::move(group));
    }
    std::fputs(text(all).c_str(), stdout);
    return kExitYes;
  }
  if (const int code = make_output_directory(options.output_directory); code != kExitYes)
    return code;
  for (const RuleFile& file : files) {
    const std::string name = file.name + (yaml ? ".yaml" : ".json");
    const int code = write_output_file(options.output_directory, name, text(file));
    if (code != kExitYes) return code;
  }
  return kExitYes;
}

}  // namespace app
