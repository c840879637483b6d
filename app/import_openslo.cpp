// OpenSLO v1, v2alpha and v1alpha. Its documents refer to each other by name, in whatever order and
// file they stand:
//
//   apiVersion: openslo/v1
//   kind: SLO
//   metadata: {name: availability}
//   spec:
//     service: shop
//     indicatorRef: requests            # kind SLI, metadata.name requests; sliRef in v2alpha
//     timeWindow: [{duration: 28d, isRolling: true}]
//     budgetingMethod: Occurrences
//     objectives: [{target: 0.999}]
//
// v1alpha has its queries in the objectives (ratioMetrics) and windows as {unit: Day, count: 28}.
#include <algorithm>

#include "app/import_openslo.h"

namespace app {
namespace {

class OpenSloReader {
 public:
  OpenSloReader(const OpenSloReferences& references, Import& out)
      : references_(references), out_(out) {}

  void read_slo(const YamlValue& document) {
    YamlMap root(document);
    const std::string version = text_or_empty(root, "apiVersion");
    old_ = version == "openslo/v1alpha";
    (void)root.take("kind");
    ImportedSlo slo;
    if (const auto metadata = root.require("metadata")) read_metadata(*metadata, slo);
    const auto spec = root.require("spec");
    root.finish();
    if (!spec) return;
    YamlMap map(*spec);
    if (const std::string text = text_or_empty(map, "description"); !text.empty()) {
      slo.description = text;
    }
    slo.service = text_or_empty(map, "service");
    if (slo.service.empty()) slo.service = text_or_empty(map, "serviceRef");
    auto sli = references_.here_or_elsewhere(map, "indicator", "indicatorRef", "SLI");
    if (!sli) sli = references_.here_or_elsewhere(map, "sli", "sliRef", "SLI");
    if (const auto windows = map.take(old_ ? "timeWindows" : "timeWindow")) {
      read_windows(*windows, slo);
    }
    read_method(map, slo);
    if (const auto policies = map.take("alertPolicies")) {
      import_openslo_policies(references_, *policies, slo);
    }
    if (const auto objectives = map.require("objectives")) read_objectives(*objectives, sli, slo);
    map.finish();
  }

 private:
  static void read_metadata(const YamlValue& value, ImportedSlo& slo) {
    YamlMap map(value);
    if (const auto name = map.require("name")) slo.name = name->text().value_or("");
    slo.description = text_or_empty(map, "displayName");
    (void)map.take("annotations");
    if (const auto labels = map.take("labels")) {
      YamlMap label_map(*labels);
      for (auto& [name, text] : label_texts(*labels)) slo.labels[name] = text;
    }
    map.finish();
  }

  // A label is a text or a list of them.
  static std::map<std::string, std::string> label_texts(const YamlValue& labels) {
    std::map<std::string, std::string> texts;
    for (const auto& [name, value] : labels.entries()) {
      if (value.is_text()) {
        texts[name] = value.text().value_or("");
        continue;
      }
      for (const YamlValue& item : value.list().value_or(std::vector<YamlValue>{})) {
        if (!texts[name].empty()) texts[name] += ',';
        texts[name] += item.text().value_or("");
      }
    }
    return texts;
  }

  void read_windows(const YamlValue& value, ImportedSlo& slo) const {
    const auto windows = value.list();
    if (!windows || windows->empty()) return;
    if (windows->size() > 1) value.error("only the first window is imported");
    YamlMap map(windows->front());
    const auto rolling_value = map.take("isRolling");
    const bool rolling = !rolling_value || rolling_value->boolean().value_or(true);
    std::string number;
    std::string unit;
    std::optional<YamlValue> place;
    if (old_) {
      number = text_or_empty(map, "count");
      place = map.require("unit");
      const std::string word = place ? place->text().value_or("") : "";
      static const std::map<std::string, std::string> kUnits = {
          {"Minute", "m"}, {"Hour", "h"},    {"Day", "d"}, {"Week", "w"},
          {"Month", "M"},  {"Quarter", "Q"}, {"Year", "Y"}};
      if (const auto it = kUnits.find(word); it != kUnits.end()) unit = it->second;
    } else {
      place = map.require("duration");
      const std::string text = place ? place->text().value_or("") : "";
      const std::size_t end = text.find_first_not_of("0123456789");
      number = text.substr(0, end);
      unit = end == std::string::npos ? "" : text.substr(end);
    }
    if (const auto calendar = map.take("calendar")) {
      YamlMap parts(*calendar);
      slo.timezone = text_or_empty(parts, "timeZone");
      (void)parts.take("startTime");
      parts.finish();
    }
    map.finish();
    if (!place) return;
    if (number.empty() || number.size() > 4 || unit.size() != 1) {
      place->error("is not a window that can be imported");
      return;
    }
    set_window(number, unit.front(), rolling, *place, slo);
  }

  static void set_window(const std::string& number, char unit, bool rolling, const YamlValue& place,
                         ImportedSlo& slo) {
    if (!rolling) {
      static const std::map<char, std::string> kPeriods = {
          {'w', "week"}, {'M', "month"}, {'Q', "quarter"}, {'Y', "year"}};
      const auto it = kPeriods.find(unit);
      if (it != kPeriods.end() && number == "1") {
        slo.calendar = it->second;
      } else {
        place.error("only one week, month, quarter or year can be a calendar window");
      }
      return;
    }
    if (unit == 'm') place.error("m is minutes; a month is written as 1M");
    static const std::map<char, int> kDays = {{'M', 30}, {'Q', 90}, {'Y', 365}};
    const auto it = kDays.find(unit);
    slo.window =
        it == kDays.end() ? number + unit : std::to_string(std::stoi(number) * it->second) + "d";
  }

  static void read_method(YamlMap& map, ImportedSlo& slo) {
    const auto value = map.take("budgetingMethod");
    if (!value) return;
    const std::string text = value->text().value_or("");
    if (text == "Occurrences") {
      slo.budgeting_method = "occurrences";
    } else if (text == "Timeslices") {
      slo.budgeting_method = "timeslices";
    } else if (text == "RatioTimeslices") {
      slo.budgeting_method = "ratio_timeslices";
    } else {
      value->error("'" + text + "' is no budgeting method");
    }
  }

  void read_objectives(const YamlValue& value, const std::optional<YamlValue>& sli,
                       const ImportedSlo& whole) {
    const auto objectives = value.list().value_or(std::vector<YamlValue>{});
    int number = 0;
    for (const YamlValue& item : objectives) {
      ImportedSlo slo = whole;
      if (objectives.size() > 1) slo.name += "-" + std::to_string(++number);
      YamlMap map(item);
      if (const std::string text = text_or_empty(map, "displayName");
          !text.empty() && slo.description.empty()) {
        slo.description = text;
      }
      if (const auto target = map.take("target")) {
        slo.objective = percent_of_ratio(target->text().value_or(""));
        if (slo.objective.empty()) target->error("is not a share such as 0.999");
      } else if (const auto percent = map.take("targetPercent")) {
        slo.objective = percent->text().value_or("");
      } else {
        item.error("'target' is missing");
      }
      if (const auto target = map.take("timeSliceTarget")) {
        slo.timeslice_target = percent_of_ratio(target->text().value_or(""));
      }
      if (const auto window = map.take("timeSliceWindow")) {
        slo.timeslice_window = window->text().value_or("");
        const bool minutes =
            slo.timeslice_window.find_first_not_of("0123456789") == std::string::npos;
        if (minutes && !slo.timeslice_window.empty()) slo.timeslice_window += 'm';
      }
      if (const auto weight = map.take("compositeWeight")) {
        weight->error("objectives made of several indicators cannot be imported");
      }
      auto own = references_.here_or_elsewhere(map, "indicator", "indicatorRef", "SLI");
      if (!own) own = references_.here_or_elsewhere(map, "sli", "sliRef", "SLI");
      const auto op = map.take("op");
      const auto limit = map.take("value");
      if (const auto old = map.take("ratioMetrics")) {
        read_ratio(*old, slo);
      } else if (own || sli) {
        read_sli(own ? *own : *sli, op, limit, slo);
      } else {
        item.error("says nowhere what is measured");
      }
      map.finish();
      add(out_, std::move(slo), source_);
    }
  }

  void read_sli(const YamlValue& value, const std::optional<YamlValue>& op,
                const std::optional<YamlValue>& limit, ImportedSlo& slo) {
    YamlMap map(value);
    (void)map.take("description");
    if (const auto ratio = map.take("ratioMetric")) {
      if (op) op->error("a ratio is not compared; op is left out");
      read_ratio(*ratio, slo);
    } else if (const auto threshold = map.take("thresholdMetric")) {
      slo.kind = "threshold";
      slo.sli = {{"query", query_of(*threshold)},
                 {"op", op ? op->text().value_or("") : ""},
                 {"value", limit ? limit->text().value_or("") : ""}};
      if (!op) value.error("a threshold needs 'op' in its objective");
      if (!limit) value.error("a threshold needs 'value' in its objective");
    }
    map.finish();
  }

  void read_ratio(const YamlValue& value, ImportedSlo& slo) {
    YamlMap map(value);
    auto counter = map.take("counter");
    if (!counter) counter = map.take("incremental");
    const bool grows = !counter || counter->boolean().value_or(true);
    const std::string_view function = grows ? "increase" : "sum_over_time";
    slo.kind = "events";
    for (const char* part : {"good", "bad", "total"}) {
      if (const auto metric = map.take(part)) {
        slo.sli.emplace_back(part, over_window(query_of(*metric), function));
      }
    }
    if (const auto raw = map.take("raw")) {
      raw->error("a ratio without counts cannot be weighted over a window: give good and total");
    }
    (void)map.take("rawType");
    map.finish();
  }

  // metricSource: {metricSourceRef, type, spec: {query}}; v2alpha without the first level; v1alpha
  // {source, queryType, query}.
  std::string query_of(const YamlValue& value, bool nested = false) {
    YamlMap map(value);
    if (const auto source = map.take("metricSource"); source && !nested) {
      std::string query = query_of(*source, true);
      map.finish();
      return query;
    }
    if (const auto reference = map.take("metricSourceRef")) add_source(*reference);
    if (const auto reference = map.take("dataSourceRef")) add_source(*reference);
    if (const auto type = map.take("type")) refuse_others(*type);
    if (const auto type = map.take("queryType"); type && type->text() != "promql") {
      type->error("only promql can be imported");
    }
    if (const auto type = map.take("source")) refuse_others(*type);
    if (const auto source = map.take("dataSourceSpec")) {
      YamlMap parts(*source);
      if (const auto type = parts.take("type")) refuse_others(*type);
    }
    std::string query = text_or_empty(map, "query");
    if (const auto spec = map.take("spec")) {
      YamlMap parts(*spec);
      query = text_or_empty(parts, "query");
      parts.finish();
    }
    map.finish();
    if (query.empty()) value.error("has no query");
    return query;
  }

  static void refuse_others(const YamlValue& type) {
    const std::string text = type.text().value_or("");
    std::string lower = text;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    if (lower != "prometheus") type.error("data of the type '" + text + "' cannot be imported");
  }

  void add_source(const YamlValue& reference) {
    const auto spec = references_.spec_of("DataSource", reference);
    if (!spec) return;
    YamlMap map(*spec);
    if (const auto type = map.take("type")) refuse_others(*type);
    std::string url;
    if (const auto details = map.take("connectionDetails"); details && details->is_map()) {
      for (const auto& [name, value] : details->entries()) {
        if (name == "url" && value.is_text()) url = value.text().value_or("");
      }
    }
    if (url.empty()) reference.error("its data source has no url; write it in 'sources'");
    source_ = {reference.text().value_or(""), url.empty() ? kDefaultSourceUrl : url};
  }

  const OpenSloReferences& references_;
  Import& out_;
  ImportedSource source_{kDefaultSource, kDefaultSourceUrl};  // of the queries read last
  bool old_ = false;                                          // v1alpha
};

}  // namespace

void import_openslo(const std::vector<YamlValue>& documents, Import& out) {
  const OpenSloReferences references(documents);
  for (const YamlValue& document : documents) {
    YamlMap root(document);
    if (text_or_empty(root, "kind") == "SLO") OpenSloReader(references, out).read_slo(document);
  }
}

}  // namespace app
