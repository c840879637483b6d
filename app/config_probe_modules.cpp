#include "app/config_probe_modules.h"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

#include "app/config_probe_http.h"
#include "app/config_probe_kinds.h"

namespace app {
namespace {

constexpr std::size_t kMaxModules = 200;
constexpr std::size_t kMaxNameBytes = 63;

bool is_module_name(const std::string& name) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  return !name.empty() && name.size() <= kMaxNameBytes && std::ranges::all_of(name, good);
}

// A target that the kind would take, to check the rest of the spec with.
std::string sample_target(const exporter::ProbeTarget& target) {
  return std::holds_alternative<exporter::IcmpTarget>(target) ? "localhost" : "localhost:1";
}

std::optional<ProbeModule> read_module(const std::string& name, const YamlValue& value,
                                       const ProbeTiming& defaults) {
  ProbeModule module;
  module.name = name;
  const std::size_t errors_before = value.error_count();
  YamlMap map(value);
  ProbeTiming timing = defaults;
  read_probe_timing(map, timing);
  auto target = read_module_kind(map);
  if (const auto allow = map.take("allow")) {
    for (const YamlValue& item : allow->list().value_or(std::vector<YamlValue>{})) {
      module.allow.push_back(read_pattern(item));
    }
  }
  map.finish();
  if (!is_module_name(name)) value.error("a module's name has 1 to 63 letters, digits, - _ and .");
  if (!target || value.error_count() != errors_before) return std::nullopt;
  exporter::ProbeSpec whole;
  whole.name = name;
  whole.target = *target;
  if (!set_target(whole.target, sample_target(*target)) || !finish_probe(whole, timing, value)) {
    return std::nullopt;
  }
  module.spec = std::move(whole);
  module.spec.target = std::move(*target);
  return module;
}

std::optional<TargetFileSet> read_file_set(const YamlValue& value, const ProbeModules& modules) {
  YamlMap map(value);
  TargetFileSet set;
  if (const auto module = map.require("module")) {
    set.module = module->text().value_or("");
    if (modules.find(set.module) == nullptr) module->error("there is no such module");
  }
  if (const auto files = map.require("files")) {
    for (const YamlValue& item : files->list().value_or(std::vector<YamlValue>{})) {
      const std::string path = item.text().value_or("");
      const std::size_t slash = path.rfind('/');
      if (!path.starts_with('/') || path.substr(0, slash).find_first_of("*?[") != path.npos) {
        item.error("must be an absolute path, with a pattern in its last part at most");
      }
      set.files.push_back(path);
    }
  }
  map.finish();
  return set;
}

}  // namespace

const ProbeModule* ProbeModules::find(std::string_view name) const {
  const auto found = std::ranges::find(modules, name, &ProbeModule::name);
  return found == modules.end() ? nullptr : &*found;
}

void read_probe_modules(YamlMap& root, const ProbeTiming& defaults, ProbeModules& modules) {
  if (const auto value = root.take("probe_modules")) {
    const auto entries = value->entries();
    if (!value->is_map()) value->error("must be a mapping of names to modules");
    if (entries.size() > kMaxModules) value->error("more than 200 modules");
    for (const auto& [name, item] : entries) {
      if (modules.find(name) != nullptr) item.error("stands twice");
      if (auto module = read_module(name, item, defaults)) {
        modules.modules.push_back(std::move(*module));
      }
    }
  }
  if (const auto value = root.take("probe_targets")) {
    for (const YamlValue& item : value->list().value_or(std::vector<YamlValue>{})) {
      if (auto set = read_file_set(item, modules)) modules.target_files.push_back(std::move(*set));
    }
  }
}

exporter::Result<exporter::ProbeSpec> probe_of_module(const ProbeModule& module,
                                                      const std::string& target) {
  exporter::ProbeSpec spec = module.spec;
  spec.name = module.name + "/" + target;
  if (auto set = set_target(spec.target, target); !set) return std::unexpected(set.error());
  if (const auto errors = exporter::check_spec(spec); !errors.empty()) {
    return std::unexpected(errors.front());
  }
  return spec;
}

bool allows(const ProbeModule& module, const std::string& target) {
  return std::ranges::any_of(module.allow, [&](const std::string& pattern) {
    return re2::RE2::FullMatch(target, re2::RE2(pattern, re2::RE2::Quiet));
  });
}

}  // namespace app
