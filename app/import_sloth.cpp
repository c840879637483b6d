// Sloth: its own files and those of its operator differ in the spelling of keys only.
//
//   version: prometheus/v1              apiVersion: sloth.slok.dev/v1
//   service: shop                       kind: PrometheusServiceLevel
//   slos:                               spec:
//     - name: requests                    service: shop
//       objective: 99.9                   slos:
//       sli: {events: {error_query: ...     - sli: {events: {errorQuery: ...
//
// Pyrra: pyrra.dev/v1alpha1 ServiceLevelObjective, one objective a document, with selectors.
#include "app/import.h"

namespace app {
namespace {

constexpr std::string_view kSlothWindow = "30d";

class SlothReader {
 public:
  SlothReader(bool is_resource, Import& out) : is_resource_(is_resource), out_(out) {}

  void read(YamlMap& map) {
    service_ = map.require("service");
    labels_ = texts_or_empty(map, "labels");
    const auto slos = map.require("slos");
    for (const YamlValue& item :
         slos ? slos->list().value_or(std::vector<YamlValue>{}) : std::vector<YamlValue>{}) {
      read_slo(item);
    }
    map.finish();
  }

 private:
  // The key as plain files and as the operator's resources spell it.
  std::string_view key(std::string_view plain, std::string_view resource) const {
    return is_resource_ ? resource : plain;
  }

  void read_slo(const YamlValue& value) {
    YamlMap map(value);
    ImportedSlo slo;
    slo.service = service_ ? service_->text().value_or("") : "";
    slo.window = kSlothWindow;
    slo.labels = labels_;
    if (const auto name = map.require("name")) slo.name = name->text().value_or("");
    if (const auto objective = map.require("objective")) {
      slo.objective = objective->text().value_or("");
    }
    slo.description = text_or_empty(map, "description");
    for (auto& [name, text] : texts_or_empty(map, "labels")) slo.labels[name] = text;
    if (const auto sli = map.require("sli")) read_sli(*sli, slo);
    if (const auto alerting = map.take("alerting")) read_alerting(*alerting, slo);
    if (const auto plugins = map.take("plugins")) {
      plugins->error("plugins of Sloth cannot be imported");
    }
    map.finish();
    add(out_, std::move(slo));
  }

  void read_sli(const YamlValue& value, ImportedSlo& slo) const {
    YamlMap map(value);
    if (const auto events = map.take("events")) {
      YamlMap queries(*events);
      slo.kind = "events";
      slo.sli = {{"bad", text_or_empty(queries, key("error_query", "errorQuery"))},
                 {"total", text_or_empty(queries, key("total_query", "totalQuery"))}};
      queries.finish();
    }
    if (const auto raw = map.take("raw")) {
      YamlMap queries(*raw);
      slo.kind = "ratio";
      slo.sli = {
          {"error_ratio", text_or_empty(queries, key("error_ratio_query", "errorRatioQuery"))}};
      queries.finish();
      raw->error(
          "a ratio without counts cannot be weighted over a window: give events, bad and total");
    }
    if (const auto plugin = map.take("plugin")) {
      YamlMap plugin_map(*plugin);
      plugin->error("the plugin '" + text_or_empty(plugin_map, "id") +
                    "' cannot be imported: write its queries as events");
    }
    map.finish();
  }

  void read_alerting(const YamlValue& value, ImportedSlo& slo) const {
    YamlMap map(value);
    if (const auto name = map.take("name")) {
      name->error("alerts are called SLOBurnPage and SLOBurnTicket; the name is not kept");
    }
    slo.alert_labels = texts_or_empty(map, "labels");
    slo.annotations = texts_or_empty(map, "annotations");
    const auto one = [&](std::string_view name, slo::AlertWords& words) {
      const auto alert = map.take(name);
      if (!alert) return false;
      YamlMap alert_map(*alert);
      words = {texts_or_empty(alert_map, "labels"), texts_or_empty(alert_map, "annotations")};
      const auto off = alert_map.take("disable");
      alert_map.finish();
      return off && off->boolean().value_or(false);
    };
    slo.no_page = one(key("page_alert", "pageAlert"), slo.page_words);
    slo.no_ticket = one(key("ticket_alert", "ticketAlert"), slo.ticket_words);
    map.finish();
  }

  const bool is_resource_;
  Import& out_;
  std::optional<YamlValue> service_;
  std::map<std::string, std::string> labels_;
};

// What is left of metadata once its name is known.
std::string metadata_name(YamlMap& root, std::map<std::string, std::string>* labels,
                          std::string_view label_prefix) {
  const auto metadata = root.take("metadata");
  if (!metadata) return {};
  YamlMap map(*metadata);
  std::string name = text_or_empty(map, "name");
  (void)map.take("namespace");
  (void)map.take("annotations");
  for (const auto& [key, text] : texts_or_empty(map, "labels")) {
    if (labels != nullptr && key.starts_with(label_prefix)) {
      labels->emplace(key.substr(label_prefix.size()), text);
    }
  }
  map.finish();
  return name;
}

class PyrraReader {
 public:
  explicit PyrraReader(Import& out) : out_(out) {}

  void read(YamlMap& root) {
    ImportedSlo slo;
    slo.name = metadata_name(root, &slo.labels, "pyrra.dev/");
    slo.service = slo.name;
    const auto spec = root.require("spec");
    root.finish();
    if (!spec) return;
    YamlMap map(*spec);
    if (const auto target = map.require("target")) slo.objective = target->text().value_or("");
    if (const auto window = map.require("window")) slo.window = window->text().value_or("");
    slo.description = text_or_empty(map, "description");
    (void)map.take("performanceOverAccuracy");
    if (const auto indicator = map.require("indicator")) read_indicator(*indicator, slo);
    if (const auto alerting = map.take("alerting")) read_alerting(*alerting, slo);
    map.finish();
    add(out_, std::move(slo));
  }

 private:
  static std::string metric_of(YamlMap& map, std::string_view key) {
    const auto value = map.require(key);
    if (!value) return {};
    YamlMap metric(*value);
    std::string text = text_or_empty(metric, "metric");
    metric.finish();
    return text;
  }

  static void refuse_grouping(YamlMap& map) {
    if (const auto grouping = map.take("grouping")) {
      grouping->error("one objective per group cannot be imported: write one for each value");
    }
  }

  static void read_indicator(const YamlValue& value, ImportedSlo& slo) {
    YamlMap map(value);
    if (const auto ratio = map.take("ratio")) {
      YamlMap parts(*ratio);
      slo.kind = "events";
      slo.sli = {{"bad", metric_of(parts, "errors")}, {"total", metric_of(parts, "total")}};
      refuse_grouping(parts);
      parts.finish();
    }
    if (const auto latency = map.take("latency")) {
      YamlMap parts(*latency);
      slo.kind = "events";
      slo.sli = {{"good", metric_of(parts, "success")}, {"total", metric_of(parts, "total")}};
      refuse_grouping(parts);
      parts.finish();
    }
    if (const auto native = map.take("latencyNative")) {
      YamlMap parts(*native);
      slo.kind = "latency";
      slo.sli = {{"histogram", metric_of(parts, "total")},
                 {"threshold", text_or_empty(parts, "latency")}};
      refuse_grouping(parts);
      parts.finish();
    }
    if (const auto gauge = map.take("bool_gauge")) {
      YamlMap parts(*gauge);
      slo.kind = "threshold";
      slo.sli = {{"metric", text_or_empty(parts, "metric")}, {"op", "gte"}, {"value", "1"}};
      refuse_grouping(parts);
      parts.finish();
    }
    map.finish();
  }

  static void read_alerting(const YamlValue& value, ImportedSlo& slo) {
    YamlMap map(value);
    if (const auto name = map.take("name")) {
      name->error("alerts are called SLOBurnPage and SLOBurnTicket; the name is not kept");
    }
    const auto is = [&](std::string_view key, bool otherwise) {
      const auto flag = map.take(key);
      return flag ? flag->boolean().value_or(otherwise) : otherwise;
    };
    if (is("disabled", false) || !is("burnrates", true)) slo.no_page = slo.no_ticket = true;
    if (is("absent", true)) slo.no_data_severity = "page";
    slo.alert_labels = texts_or_empty(map, "labels");
    slo.annotations = texts_or_empty(map, "annotations");
    map.finish();
  }

  Import& out_;
};

}  // namespace

void import_sloth(YamlMap& root, bool is_resource, Import& out) {
  SlothReader reader(is_resource, out);
  if (!is_resource) {
    reader.read(root);
    return;
  }
  (void)metadata_name(root, nullptr, {});
  if (const auto spec = root.require("spec")) {
    YamlMap map(*spec);
    reader.read(map);
  }
  root.finish();
}

// spec: {sloPeriod: 7d, page: {quick: {errorBudgetPercent: 8, shortWindow: 5m, longWindow: 1h}, ...
void import_sloth_windows(YamlMap& root, Import& out) {
  (void)metadata_name(root, nullptr, {});
  const auto spec = root.require("spec");
  root.finish();
  if (!spec) return;
  YamlMap map(*spec);
  const std::string window = text_or_empty(map, "sloPeriod");
  for (const bool page : {true, false}) {
    const auto severity = map.require(page ? "page" : "ticket");
    if (!severity) continue;
    YamlMap speeds(*severity);
    for (const char* speed : {"quick", "slow"}) {
      const auto row = speeds.require(speed);
      if (!row) continue;
      YamlMap parts(*row);
      out.catalogues[window].push_back({page, text_or_empty(parts, "longWindow"),
                                        text_or_empty(parts, "shortWindow"),
                                        text_or_empty(parts, "errorBudgetPercent") + "%"});
      parts.finish();
    }
    speeds.finish();
  }
  map.finish();
}

void import_pyrra(YamlMap& root, Import& out) { PyrraReader(out).read(root); }

}  // namespace app
