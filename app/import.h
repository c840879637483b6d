// Objectives from the files of Sloth, Pyrra and OpenSLO as our configuration. A reader takes the
// documents of its format and fills an Import; what it finds and cannot express, and keys that
// nobody knows, it says as errors of the file (file:line: path: what), and goes on.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "app/yaml.h"
#include "slo/spec.h"

namespace app {

// One objective in the words of the configuration, texts as they will stand there.
struct ImportedSlo {
  std::string service;
  std::string name;
  std::string description;
  std::string objective;  // percent
  std::string window;     // "30d"; or calendar and timezone
  std::string calendar;   // "month"
  std::string timezone;
  std::map<std::string, std::string> labels;

  // What is good: the block below sli, a kind ("events") and its keys; "source" is added.
  std::string kind;
  std::string source;  // name of an ImportedSource
  std::vector<std::pair<std::string, std::string>> sli;
  std::string budgeting_method;
  std::string timeslice_window;
  std::string timeslice_target;  // percent

  slo::AlertWords page_words;
  slo::AlertWords ticket_words;
  std::map<std::string, std::string> alert_labels;
  std::map<std::string, std::string> annotations;
  bool no_page = false;
  bool no_ticket = false;
  std::string no_data_severity;  // "page" or "ticket": alert when data is missing
};

struct ImportedSource {
  std::string name;
  std::string url;
};

struct ImportedRow {
  bool page = false;
  std::string long_window;
  std::string short_window;
  std::string budget;  // "2%"
};

struct Import {
  std::vector<ImportedSource> sources;
  std::vector<ImportedSlo> slos;
  std::map<std::string, std::vector<ImportedRow>> catalogues;  // by window
};

// The format is told by apiVersion, or version for Sloth's own files. Documents of all files at
// once: those of OpenSLO refer to each other.
Import import_documents(const std::vector<YamlValue>& documents);

// The configuration, YAML.
std::string import_text(const Import& import);

// For the readers.
inline constexpr char kDefaultSource[] = "prom";
inline constexpr char kDefaultSourceUrl[] = "http://127.0.0.1:9090";
void add(Import& out, ImportedSlo slo, ImportedSource source = {kDefaultSource, kDefaultSourceUrl});
// "0.9999" is "99.99": two places up, as decimals. Empty when text is no plain decimal.
std::string percent_of_ratio(const std::string& text);
// A counter's query over the objective's window: sum(increase(query[{{.window}}])), unless it names
// its window itself. `function` takes the place of increase.
std::string over_window(const std::string& query, std::string_view function = "increase");
std::string text_or_empty(YamlMap& map, std::string_view key);
std::map<std::string, std::string> texts_or_empty(YamlMap& map, std::string_view key);

void import_sloth(YamlMap& root, bool is_resource, Import& out);
void import_sloth_windows(YamlMap& root, Import& out);
void import_pyrra(YamlMap& root, Import& out);
void import_openslo(const std::vector<YamlValue>& documents, Import& out);

}  // namespace app
