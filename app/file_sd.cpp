#include "app/file_sd.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "app/yaml.h"
#include "exporter/core/text.h"
#include "exporter/probes/collector.h"

namespace app {
namespace {

constexpr std::size_t kMaxTargetBytes = 4096;
constexpr std::size_t kMaxNameBytes = 255;

bool is_label_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && letter(name[0]) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// Fills in everything but the target.
void read_labels(const YamlValue& value, FoundTarget& common) {
  for (const auto& [name, text] : value.text_map().value_or(std::map<std::string, std::string>{})) {
    if (!is_label_name(name)) {
      value.error("'" + exporter::printable(name, 64) + "' is no name of a label");
    } else if (name.size() > kMaxNameBytes || text.size() > kMaxNameBytes) {
      value.error(exporter::printable(name, 64) + ": longer than 255 bytes");
    } else if (name == "probe") {
      common.name = text;
    } else if (exporter::is_probe_label(name)) {
      value.error(name + ": the series have a label of this name themselves");
    } else if (!name.starts_with("__") && !text.empty()) {
      common.labels.emplace_back(name, text);
    }
  }
  if (common.labels.size() > kMaxTargetLabels) value.error("more than 16 labels");
}

void read_group(const YamlValue& value, std::vector<FoundTarget>& found) {
  YamlMap map(value);
  FoundTarget common;
  if (const auto labels = map.take("labels")) read_labels(*labels, common);
  if (const auto targets = map.require("targets")) {
    const auto items = targets->list().value_or(std::vector<YamlValue>{});
    if (!common.name.empty() && items.size() > 1) {
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
      common.target = *text;
      found.push_back(common);
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
