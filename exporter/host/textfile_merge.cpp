#include "exporter/host/textfile_merge.h"

#include <algorithm>
#include <map>
#include <unordered_set>

#include "exporter/core/text.h"

namespace exporter {
namespace {

// The parts of one family, in the order of the files.
struct Merged {
  std::vector<const TextFamily*> parts;
  std::vector<std::string_view> paths;
  MetricType type = MetricType::kUntyped;
  const std::string* help = nullptr;
};

// What the registry and the daemon itself write behind the collectors.
bool is_own(std::string_view name) {
  return name.starts_with("fournines_") || name.starts_with("node_scrape_collector_") ||
         name.starts_with("node_textfile_");
}

std::string help_text(const Merged& family) {
  if (family.help != nullptr) return *family.help;
  std::string text = "Metric read from ";
  for (const std::string_view path : family.paths) {
    if (path != family.paths.front()) text += ", ";
    text += path;
  }
  return text;
}

void append_labels(std::string& head, const TextLabels& labels,
                   const std::set<std::string_view>& names) {
  char separator = '{';
  auto label = labels.begin();
  for (const std::string_view name : names) {
    head += separator;
    head.append(name).append("=\"");
    if (label != labels.end() && label->first == name) append_label_value(head, (label++)->second);
    head += '"';
    separator = ',';
  }
  head += names.empty() ? " " : "} ";
}

// Samples of a histogram or a summary have labels of their own kind each, so names are made equal
// among samples of one name.
std::map<std::string_view, std::set<std::string_view>> label_names(const Merged& family) {
  std::map<std::string_view, std::set<std::string_view>> names;
  for (const TextFamily* part : family.parts) {
    for (const SampleLine& sample : part->samples) {
      auto& of_sample = names[sample.name];
      for (const auto& [name, value] : sample.labels) of_sample.insert(name);
    }
  }
  return names;
}

void render(std::string_view name, const Merged& family, std::unordered_set<std::string>& seen,
            TextPage& page) {
  const auto names = label_names(family);
  bool is_first = true;
  for (std::size_t i = 0; i < family.parts.size(); ++i) {
    for (const SampleLine& sample : family.parts[i]->samples) {
      std::string head = sample.name;
      append_labels(head, sample.labels, names.at(sample.name));
      if (!seen.insert(head).second) {
        page.conflicts.push_back(std::string(family.paths[i]) + ": " + printable(head) +
                                 "stands twice");
        continue;
      }
      if (std::exchange(is_first, false)) {
        std::string meta;
        append_meta_lines(meta, name, help_text(family), family.type);
        head.insert(0, meta);
      }
      page.samples.push_back({std::move(head), sample.value});
    }
  }
}

}  // namespace

TextPage merge_text_files(const std::vector<std::shared_ptr<const TextFile>>& files,
                          const std::set<std::string, std::less<>>& taken) {
  TextPage page;
  std::map<std::string_view, Merged> families;
  for (const auto& file : files) {
    for (const TextFamily& family : file->families) {
      const auto refuse = [&](std::string_view why) {
        page.conflicts.push_back(file->path + ": " + family.name + " " + std::string(why));
      };
      if (family.samples.empty()) continue;
      if (is_own(family.name) || taken.contains(family.name)) {
        refuse("is a family of the exporter itself");
        continue;
      }
      const auto [at, is_new] = families.try_emplace(family.name);
      Merged& merged = at->second;
      if (is_new) merged.type = family.type;
      if (merged.type != family.type) {
        refuse("has another TYPE than before");
        continue;
      }
      if (family.help && merged.help != nullptr && *merged.help != *family.help) {
        refuse("has another HELP than before");
        continue;
      }
      if (family.help && merged.help == nullptr) merged.help = &*family.help;
      merged.parts.push_back(&family);
      if (merged.paths.empty() || merged.paths.back() != file->path) {
        merged.paths.push_back(file->path);
      }
    }
  }
  std::unordered_set<std::string> seen;
  for (const auto& [name, family] : families) render(name, family, seen, page);
  return page;
}

}  // namespace exporter
