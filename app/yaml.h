// A YAML file read strictly: every value is taken as text and parsed here, every key must be known,
// every error is kept with its line, and reading goes on, so that one run tells all that is wrong:
//
//   fournines.yml:12: slos[0].sli.probe.interval: '5 apples' is not a duration such as 5s or 1m30s
//
// yaml-cpp stays behind this file. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace YAML {
class Node;
}

namespace app {

// All that is wrong with one or more files.
class ConfigErrors {
 public:
  void add(std::string_view file, int line, std::string_view path, std::string_view what);
  bool empty() const { return found_.empty(); }
  std::size_t count() const { return found_.size(); }
  // File by file as they were read, each from its first line to its last.
  std::vector<std::string> lines() const;

 private:
  struct Found {
    std::string file;
    int line = 0;
    std::string text;
  };
  std::vector<Found> found_;
};

// In double quotes, for a file that is written.
std::string yaml_quoted(std::string_view text);

// A value anywhere in the file: knows its line and its path for errors. Cheap to copy; refers to
// the file's tree and to the ConfigErrors it was loaded with, which must outlive it.
class YamlValue {
 public:
  // Parses the text of a file. Syntax errors are added to errors and give no value; an empty file
  // is an empty map.
  static std::optional<YamlValue> parse(const std::string& text, const std::string& file,
                                        ConfigErrors& errors);

  // The same of a file with several documents; empty ones are left out.
  static std::vector<YamlValue> parse_all(const std::string& text, const std::string& file,
                                          ConfigErrors& errors);

  YamlValue(const YamlValue&);
  YamlValue& operator=(const YamlValue&);
  ~YamlValue();

  void error(std::string_view what) const;
  // Of the whole file so far: whether something that was read had any.
  std::size_t error_count() const;
  int line() const;
  const std::string& path() const { return path_; }

  bool is_text() const;
  bool is_map() const;

  // Each adds an error and gives nothing when the value is not of that form.
  std::optional<std::string> text() const;
  std::optional<std::int64_t> duration_ms(
      bool zero_allowed = false) const;  // 250ms, 5s, 1m30s, 30d
  std::optional<std::int64_t> whole_number(std::int64_t least, std::int64_t most) const;
  std::optional<bool> boolean() const;  // true, false
  std::optional<std::vector<YamlValue>> list() const;
  std::optional<std::map<std::string, std::string>> text_map() const;
  // Keys and values of a mapping where any key may stand; nothing of anything else.
  std::vector<std::pair<std::string, YamlValue>> entries() const;

  // As one line of YAML, keys sorted; a mapping gets these keys, whose values are YAML, where it
  // has them not.
  std::string flow(const std::vector<std::pair<std::string, std::string>>& defaults = {}) const;

 private:
  friend class YamlMap;
  struct File;
  YamlValue(std::shared_ptr<const File> file, const YAML::Node& node, std::string path);

  std::shared_ptr<const File> file_;
  std::unique_ptr<YAML::Node> node_;
  std::string path_;
};

// A mapping whose keys are taken one by one; finish() reports those that nobody took.
class YamlMap {
 public:
  // Adds an error and is empty when value is not a mapping; repeated keys are errors.
  explicit YamlMap(const YamlValue& value);

  std::optional<YamlValue> take(std::string_view key);
  // Like take(), and an error that the key is missing.
  std::optional<YamlValue> require(std::string_view key);
  // Why take() gives nothing was told: the key has no value, or there is no mapping at all.
  bool is_told(std::string_view key) const { return !value_.is_map() || empty_.contains(key); }

  // Once, after all takes: unknown keys, each with the nearest known one.
  void finish();

  const YamlValue& value() const { return value_; }

 private:
  YamlValue value_;
  std::vector<std::pair<std::string, YamlValue>> entries_;
  std::set<std::string, std::less<>> empty_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace app
