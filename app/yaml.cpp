#include "app/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "app/nearest.h"
#include "exporter/core/text.h"
#include "slo/windows.h"

namespace app {

struct YamlValue::File {
  std::string name;
  ConfigErrors& errors;
  int lines_before = 0;  // of other documents in the same file
};

namespace {

struct IgnoredEvents final : YAML::EventHandler {
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// yaml-cpp's Load() reads one document and says nothing of what is left: a file that starts with a
// comma would be an empty one. (Its LoadAll() never ends on such a file.)
std::optional<YAML::Node> load_document(const std::string& text, const std::string& file,
                                        int lines_before, ConfigErrors& errors) {
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    IgnoredEvents ignored;
    parser.HandleNextDocument(ignored);
    if (parser) {
      errors.add(file, lines_before + 1, "", "YAML: there is text that belongs to no document");
      return std::nullopt;
    }
    return YAML::Load(text);
  } catch (const YAML::Exception& error) {
    errors.add(file, lines_before + error.mark.line + 1, "", "YAML: " + error.msg);
    return std::nullopt;
  }
}

std::string shown(const std::string& text) { return "'" + exporter::printable(text, 60) + "'"; }

}  // namespace

void ConfigErrors::add(std::string_view file, int line, std::string_view path,
                       std::string_view what) {
  std::string text(file);
  text += ':' + std::to_string(line) + ": ";
  if (!path.empty()) text.append(exporter::printable(path)).append(": ");
  text += what;
  found_.push_back({std::string(file), line, std::move(text)});
}

std::vector<std::string> ConfigErrors::lines() const {
  std::vector<Found> sorted = found_;
  std::vector<std::string> files;
  for (const Found& found : found_) {
    if (std::ranges::find(files, found.file) == files.end()) files.push_back(found.file);
  }
  std::ranges::stable_sort(sorted, std::less{}, [&](const Found& found) {
    return std::pair(std::ranges::find(files, found.file), found.line);
  });
  std::vector<std::string> texts;
  for (Found& found : sorted) texts.push_back(std::move(found.text));
  return texts;
}

std::optional<YamlValue> YamlValue::parse(const std::string& text, const std::string& file,
                                          ConfigErrors& errors) {
  if (!exporter::is_valid_utf8(text)) {
    errors.add(file, 1, "", "is not valid UTF-8");
    return std::nullopt;
  }
  auto root = load_document(text, file, 0, errors);
  if (!root) return std::nullopt;
  if (root->IsNull()) root = YAML::Node(YAML::NodeType::Map);
  return YamlValue(std::make_shared<const File>(File{file, errors}), *root, "");
}

std::vector<YamlValue> YamlValue::parse_all(const std::string& text, const std::string& file,
                                            ConfigErrors& errors) {
  std::vector<YamlValue> documents;
  if (!exporter::is_valid_utf8(text)) {
    errors.add(file, 1, "", "is not valid UTF-8");
    return documents;
  }
  int lines = 0;
  int first_line = 0;
  std::string document;
  const auto finish = [&] {
    const auto root = load_document(document, file, first_line, errors);
    if (root && !root->IsNull()) {
      documents.push_back(
          YamlValue(std::make_shared<const File>(File{file, errors, first_line}), *root, ""));
    }
    document.clear();
    first_line = lines;
  };
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line); ++lines) {
    if (line == "---" || line.starts_with("--- ")) finish();
    document += line + "\n";
  }
  finish();
  return documents;
}

YamlValue::YamlValue(std::shared_ptr<const File> file, const YAML::Node& node, std::string path)
    : file_(std::move(file)), node_(std::make_unique<YAML::Node>(node)), path_(std::move(path)) {}

YamlValue::YamlValue(const YamlValue& other)
    : file_(other.file_), node_(std::make_unique<YAML::Node>(*other.node_)), path_(other.path_) {}

YamlValue& YamlValue::operator=(const YamlValue& other) {
  YamlValue copy(other);
  file_.swap(copy.file_);
  node_.swap(copy.node_);
  path_.swap(copy.path_);
  return *this;
}

YamlValue::~YamlValue() = default;

int YamlValue::line() const { return file_->lines_before + std::max(node_->Mark().line, 0) + 1; }

void YamlValue::error(std::string_view what) const {
  file_->errors.add(file_->name, line(), path_, what);
}

std::size_t YamlValue::error_count() const { return file_->errors.count(); }

bool YamlValue::is_text() const { return node_->IsScalar(); }
bool YamlValue::is_map() const { return node_->IsMap(); }

std::optional<std::string> YamlValue::text() const {
  if (node_->IsScalar()) return node_->Scalar();
  error("must be a single value");
  return std::nullopt;
}

std::optional<std::int64_t> YamlValue::duration_ms(bool zero_allowed) const {
  const auto written = text();
  if (!written) return std::nullopt;
  if (zero_allowed && (*written == "0" || *written == "0s")) return 0;
  if (const auto parsed = slo::parse_duration(*written)) return *parsed;
  error(shown(*written) + " is not a duration such as 250ms, 5s, 1m30s or 30d");
  return std::nullopt;
}

std::optional<std::int64_t> YamlValue::whole_number(std::int64_t least, std::int64_t most) const {
  const auto written = text();
  if (!written) return std::nullopt;
  std::int64_t number = 0;
  const char* end = written->data() + written->size();
  const auto [stopped, failed] = std::from_chars(written->data(), end, number);
  if (failed == std::errc{} && stopped == end && number >= least && number <= most) return number;
  error(shown(*written) + " is not a whole number from " + std::to_string(least) + " to " +
        std::to_string(most));
  return std::nullopt;
}

std::optional<bool> YamlValue::boolean() const {
  const auto written = text();
  if (!written) return std::nullopt;
  if (*written == "true") return true;
  if (*written == "false") return false;
  error(shown(*written) + " is neither true nor false");
  return std::nullopt;
}

std::optional<std::vector<YamlValue>> YamlValue::list() const {
  if (!node_->IsSequence()) {
    error("must be a list");
    return std::nullopt;
  }
  std::vector<YamlValue> items;
  for (const YAML::Node& item : *node_) {
    items.push_back(YamlValue(file_, item, path_ + "[" + std::to_string(items.size()) + "]"));
  }
  return items;
}

std::optional<std::map<std::string, std::string>> YamlValue::text_map() const {
  if (!node_->IsMap()) {
    error("must be a mapping of names to texts");
    return std::nullopt;
  }
  std::map<std::string, std::string> texts;
  for (const auto& entry : *node_) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
    const YamlValue value(file_, entry.second, path_ + "." + key);
    if (auto written = value.text()) {
      if (!texts.emplace(key, *written).second) value.error("stands twice");
    }
  }
  return texts;
}

std::vector<std::pair<std::string, YamlValue>> YamlValue::entries() const {
  std::vector<std::pair<std::string, YamlValue>> entries;
  if (!node_->IsMap()) return entries;
  for (const auto& entry : *node_) {
    if (!entry.first.IsScalar()) continue;
    const std::string& key = entry.first.Scalar();
    entries.emplace_back(key, YamlValue(file_, entry.second, path_ + "." + key));
  }
  return entries;
}

namespace {

bool is_plain(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  });
}

// An alias may stand inside of what it names: depth ends that.
std::string flow_of(const YAML::Node& node, int depth,
                    const std::vector<std::pair<std::string, std::string>>& defaults = {}) {
  constexpr int kMaxDepth = 16;
  if (depth > kMaxDepth) return "~";
  std::string out;
  const auto join = [&out](const std::string& item) { out += (out.empty() ? "" : ", ") + item; };
  if (node.IsMap()) {
    std::map<std::string, std::string> entries;  // in one order, however they were written
    for (const auto& entry : node) {
      entries[flow_of(entry.first, depth + 1)] = flow_of(entry.second, depth + 1);
    }
    for (const auto& [key, value] : defaults) entries.try_emplace(key, value);
    for (const auto& [key, value] : entries) join(key + ": " + value);
    return "{" + out + "}";
  }
  if (node.IsSequence()) {
    for (const auto& item : node) join(flow_of(item, depth + 1));
    return "[" + out + "]";
  }
  if (!node.IsScalar()) return "~";
  return is_plain(node.Scalar()) ? node.Scalar() : yaml_quoted(node.Scalar());
}

}  // namespace

std::string yaml_quoted(std::string_view text) {
  std::string valid;
  exporter::append_valid_utf8(valid, text);
  std::string out = "\"";
  for (const char c : valid) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string YamlValue::flow(
    const std::vector<std::pair<std::string, std::string>>& defaults) const {
  return flow_of(*node_, 0, defaults);
}

YamlMap::YamlMap(const YamlValue& value) : value_(value) {
  if (!value.node_->IsMap()) {
    value.error("must be a mapping");
    return;
  }
  std::set<std::string> seen;
  for (const auto& entry : *value.node_) {
    if (!entry.first.IsScalar()) {
      value.error("keys must be plain texts");
      continue;
    }
    const std::string key = entry.first.Scalar();
    const std::string path = value.path_.empty() ? key : value.path_ + "." + key;
    if (!seen.insert(key).second) {
      YamlValue(value.file_, entry.first, path).error("stands twice");
      continue;
    }
    // An empty value has no place of its own in the file: its key has.
    const bool empty = entry.second.IsNull();
    entries_.emplace_back(key, YamlValue(value.file_, empty ? entry.first : entry.second, path));
    if (empty) {
      entries_.back().second.error("has no value");
      empty_.insert(key);
      entries_.pop_back();
    }
  }
}

std::optional<YamlValue> YamlMap::take(std::string_view key) {
  asked_.emplace(key);
  for (const auto& [name, value] : entries_) {
    if (name == key) return value;
  }
  return std::nullopt;
}

std::optional<YamlValue> YamlMap::require(std::string_view key) {
  auto value = take(key);
  if (!value && !is_told(key)) value_.error("'" + std::string(key) + "' is missing");
  return value;
}

void YamlMap::finish() {
  const std::vector<std::string> known(asked_.begin(), asked_.end());
  for (const auto& [name, value] : entries_) {
    if (asked_.contains(name)) continue;
    const std::string near = nearest(name, known);
    value.error("unknown key" + (near.empty() ? "" : ", did you mean '" + near + "'?"));
  }
}

}  // namespace app
