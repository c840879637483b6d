#include "app/config_process.h"

#include <set>

namespace app {
namespace {

constexpr std::size_t kMaxGroups = 200;  // the collector has room for 256
constexpr std::size_t kMaxNameBytes = 128;

std::string take_text(YamlMap& map, std::string_view key) {
  const auto value = map.take(key);
  return value ? value->text().value_or("") : "";
}

exporter::ProcessGroupSpec read_group(const YamlValue& value, std::set<std::string>& names) {
  exporter::ProcessGroupSpec spec;
  YamlMap map(value);
  if (const auto name = map.require("name")) {
    spec.name = name->text().value_or("");
    if (spec.name.size() > kMaxNameBytes) {
      name->error("is longer than " + std::to_string(kMaxNameBytes) + " bytes");
    } else if (!spec.name.empty() && !names.insert(spec.name).second) {
      name->error("the group '" + spec.name + "' stands twice");
    }
  }
  spec.comm = take_text(map, "comm");
  spec.exe = take_text(map, "exe");
  spec.cmdline = take_text(map, "cmdline");
  map.finish();
  return spec;
}

}  // namespace

void read_process_groups(YamlMap& root, exporter::ProcessGroups& groups) {
  const auto value = root.take("process_groups");
  if (!value) return;
  const auto items = value->list();
  if (!items) return;
  if (items->size() > kMaxGroups)
    value->error("more than " + std::to_string(kMaxGroups) + " groups");
  std::vector<exporter::ProcessGroupSpec> specs;
  std::set<std::string> names;
  for (const YamlValue& item : *items) {
    specs.push_back(read_group(item, names));
    if (auto alone = exporter::ProcessGroups::make({specs.back()}); !alone) {
      item.error(alone.error().message);
    }
  }
  if (auto made = exporter::ProcessGroups::make(specs)) groups = std::move(*made);
}

}  // namespace app
