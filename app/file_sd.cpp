#include "app/file_sd.h"

#include <utility>

#include "app/yaml.h"

namespace app {
namespace {

constexpr std::size_t kMaxTargetBytes = 4096;
constexpr std::size_t kMaxNameBytes = 255;

void read_group(const YamlValue& value, std::vector<FoundTarget>& found) {
  YamlMap map(value);
  std::string name;
  if (const auto labels = map.take("labels")) {
    const auto given = labels->text_map().value_or(std::map<std::string, std::string>{});
    if (const auto label = given.find("probe"); label != given.end()) name = label->second;
    if (name.size() > kMaxNameBytes) labels->error("probe: longer than 255 bytes");
  }
  if (const auto targets = map.require("targets")) {
    const auto items = targets->list().value_or(std::vector<YamlValue>{});
    if (!name.empty() && items.size() > 1) {
      targets->error("several targets cannot have one label 'probe'");
    }
    for (const YamlValue& item : items) {
      const auto text = item.text();
      if (!text) continue;
      if (text->empty() || text->size() > kMaxTargetBytes) {
        item.error("a target has 1 to 4096 bytes");
      } else if (found.size() == kMaxTargets) {
        item.error("more than 10000 targets");
        return;
      }
      found.push_back({*text, name});
    }
  }
  map.finish();
}

}  // namespace

exporter::Result<std::vector<FoundTarget>> parse_file_sd(const std::string& text,
                                                         const std::string& file) {
  ConfigErrors errors;
  std::vector<FoundTarget> found;
  if (const auto root = YamlValue::parse(text, file, errors)) {
    for (const YamlValue& group : root->list().value_or(std::vector<YamlValue>{})) {
      read_group(group, found);
      if (!errors.empty()) break;
    }
  }
  if (!errors.empty()) {
    return exporter::fail(exporter::ErrorKind::kInvalid, errors.lines().front());
  }
  return found;
}

}  // namespace app
