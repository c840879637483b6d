// fournines import: files of other SLO tools as our configuration on standard output; on standard
// error what could not be taken over, and what this version cannot judge yet.
#include "app/import.h"

#include <cstdio>

#include <nlohmann/json.hpp>

#include "alerts/yaml_text.h"
#include "app/commands.h"
#include "app/config.h"
#include "exporter/core/json_text.h"
#include "exporter/core/kernel_file.h"

namespace app {
namespace {

using nlohmann::ordered_json;

bool is_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

void put(ordered_json& map, const char* key, const std::string& text) {
  if (!text.empty()) map[key] = text;
}
void put(ordered_json& map, const char* key, const std::map<std::string, std::string>& texts) {
  if (!texts.empty()) map[key] = texts;
}
void put(ordered_json& map, const char* key, ordered_json value) {
  if (!value.empty()) map[key] = std::move(value);
}

ordered_json alerting_of(const ImportedSlo& slo) {
  const auto one = [](bool off, const slo::AlertWords& words) {
    ordered_json alert = ordered_json::object();
    if (off) alert["disable"] = "true";
    put(alert, "labels", words.labels);
    put(alert, "annotations", words.annotations);
    return alert;
  };
  ordered_json alerting = ordered_json::object();
  put(alerting, "page_alert", one(slo.no_page, slo.page_words));
  put(alerting, "ticket_alert", one(slo.no_ticket, slo.ticket_words));
  if (!slo.no_data_severity.empty()) {
    alerting["no_data"] = {{"after", "5m"}, {"severity", slo.no_data_severity}};
  }
  put(alerting, "labels", slo.alert_labels);
  put(alerting, "annotations", slo.annotations);
  return alerting;
}

ordered_json value_of(const ImportedSlo& slo) {
  ordered_json value = ordered_json::object();
  put(value, "name", slo.name);
  put(value, "service", slo.service);
  put(value, "description", slo.description);
  put(value, "objective", slo.objective);
  if (slo.calendar.empty()) {
    put(value, "window", slo.window);
  } else {
    ordered_json calendar = {{"calendar", slo.calendar}};
    put(calendar, "timezone", slo.timezone);
    value["window"] = calendar;
  }
  put(value, "budgeting_method", slo.budgeting_method);
  put(value, "timeslice_window", slo.timeslice_window);
  put(value, "timeslice_target", slo.timeslice_target);
  ordered_json block = ordered_json::object();
  put(block, "source", slo.source);
  for (const auto& [key, text] : slo.sli) put(block, key.c_str(), text);
  if (!slo.kind.empty()) value["sli"] = {{slo.kind, block}};
  put(value, "labels", slo.labels);
  put(value, "alerting", alerting_of(slo));
  return value;
}

ordered_json value_of(const std::vector<ImportedRow>& rows, bool page) {
  ordered_json list = ordered_json::array();
  for (const ImportedRow& row : rows) {
    if (row.page != page) continue;
    list.push_back(
        {{"long", row.long_window}, {"short", row.short_window}, {"budget", row.budget}});
  }
  return list;
}

std::vector<std::string> not_judged_yet(const std::string& text) {
  ConfigErrors errors;
  (void)load_config(text, "output", errors);
  return errors.lines();
}

}  // namespace

void add(Import& out, ImportedSlo slo, ImportedSource source) {
  slo.source = source.name;
  const bool known = std::ranges::any_of(
      out.sources, [&](const ImportedSource& other) { return other.name == source.name; });
  if (!known) out.sources.push_back(std::move(source));
  out.slos.push_back(std::move(slo));
}

std::string percent_of_ratio(const std::string& text) {
  const std::size_t point = text.find('.');
  const std::string whole = text.substr(0, point);
  std::string parts = point == std::string::npos ? "" : text.substr(point + 1);
  if (whole.empty() || !is_digits(whole) || !is_digits(parts)) return {};
  parts.resize(std::max<std::size_t>(parts.size(), 2), '0');
  std::string percent = whole + parts.substr(0, 2);
  percent.erase(0, std::min(percent.find_first_not_of('0'), percent.size() - 1));
  parts.erase(0, 2);
  while (parts.ends_with('0')) parts.pop_back();
  return parts.empty() ? percent : percent + "." + parts;
}

std::string over_window(const std::string& query, std::string_view function) {
  const bool plain = query.find_first_of("([") == std::string::npos;
  if (query.empty() || !plain) return query;
  return "sum(" + std::string(function) + "(" + query + "[{{.window}}]))";
}

std::string text_or_empty(YamlMap& map, std::string_view key) {
  const auto value = map.take(key);
  return value ? value->text().value_or("") : "";
}

std::map<std::string, std::string> texts_or_empty(YamlMap& map, std::string_view key) {
  const auto value = map.take(key);
  if (!value) return {};
  return value->text_map().value_or(std::map<std::string, std::string>{});
}

Import import_documents(const std::vector<YamlValue>& documents) {
  Import out;
  std::vector<YamlValue> openslo;
  for (const YamlValue& document : documents) {
    YamlMap root(document);
    const std::string version = text_or_empty(root, "version");
    const std::string api = text_or_empty(root, "apiVersion");
    std::string kind;
    if (!api.starts_with("openslo")) kind = text_or_empty(root, "kind");
    if (version == "prometheus/v1") {
      import_sloth(root, false, out);
    } else if (api == "sloth.slok.dev/v1" && kind == "AlertWindows") {
      import_sloth_windows(root, out);
    } else if (api == "sloth.slok.dev/v1") {
      import_sloth(root, true, out);
    } else if (api == "pyrra.dev/v1alpha1") {
      import_pyrra(root, out);
    } else if (api == "openslo/v1" || api == "openslo.com/v2alpha" || api == "openslo/v1alpha") {
      openslo.push_back(document);
    } else {
      document.error("is no objective of Sloth, Pyrra or OpenSLO");
    }
  }
  import_openslo(openslo, out);
  return out;
}

std::string import_text(const Import& import) {
  ordered_json config = ordered_json::object();
  for (const ImportedSource& source : import.sources) {
    config["sources"].push_back(
        {{"name", source.name}, {"type", "prometheus"}, {"url", source.url}});
  }
  for (const ImportedSlo& slo : import.slos) config["slos"].push_back(value_of(slo));
  for (const auto& [window, rows] : import.catalogues) {
    ordered_json catalogue = {{"window", window}};
    put(catalogue, "page", value_of(rows, true));
    put(catalogue, "ticket", value_of(rows, false));
    config["alert_windows"].push_back(std::move(catalogue));
  }
  return alerts::yaml_of_json(exporter::json_text(config));
}

int import(const Options& options) {
  if (options.files.empty()) return complain(kExitUsage, "import: name at least one file");
  ConfigErrors errors;
  std::vector<YamlValue> documents;
  for (const std::string& file : options.files) {
    const auto text = exporter::read_file(file);
    if (!text) return complain(kExitUsage, text.error().message);
    for (const YamlValue& document : YamlValue::parse_all(*text, file, errors)) {
      documents.push_back(document);
    }
  }
  const Import imported = import_documents(documents);
  for (const std::string& line : errors.lines()) std::fprintf(stderr, "%s\n", line.c_str());
  if (imported.slos.empty() && imported.catalogues.empty()) return kExitUsage;
  const std::string text = import_text(imported);
  std::fputs(text.c_str(), stdout);
  const std::vector<std::string> later = not_judged_yet(text);
  if (!later.empty()) {
    std::fputs("of what was written, this version cannot judge yet (lines of the output):\n",
               stderr);
  }
  for (const std::string& line : later) std::fprintf(stderr, "%s\n", line.c_str());
  return errors.empty() && later.empty() ? kExitYes : kExitNo;
}

}  // namespace app
