#include "app/import_openslo.h"

namespace app {
namespace {

void read_condition(const OpenSloReferences& references, const YamlValue& value) {
  YamlMap entry(value);
  const auto reference = entry.take("conditionRef");
  auto spec = reference ? references.spec_of("AlertCondition", *reference) : entry.take("spec");
  if (!spec) return;
  YamlMap map(*spec);
  const auto condition = map.take("condition");
  if (!condition) return;
  YamlMap parts(*condition);
  if (const auto op = parts.take("op"); op && op->text().value_or("").starts_with("lt")) {
    op->error("alerts when little burns; it was surely meant the other way round");
  }
  condition->error(
      "a burn rate over one window is not imported: the objective has the usual pairs of "
      "windows, or its own ones in 'alert_windows'");
}

void read_policy(const OpenSloReferences& references, const YamlValue& value, ImportedSlo& slo) {
  YamlMap map(value);
  (void)map.take("description");
  (void)map.take("alertWhenResolved");
  (void)map.take("alertWhenBreaching");
  const auto no_data = map.take("alertWhenNoData");
  if (no_data && no_data->boolean().value_or(false)) slo.no_data_severity = "page";
  if (const auto conditions = map.take("conditions")) {
    for (const YamlValue& item : conditions->list().value_or(std::vector<YamlValue>{})) {
      read_condition(references, item);
    }
  }
  if (const auto targets = map.take("notificationTargets")) {
    for (const YamlValue& item : targets->list().value_or(std::vector<YamlValue>{})) {
      YamlMap target(item);
      const std::string name = text_or_empty(target, "targetRef");
      if (!name.empty()) slo.alert_labels["notify"] = name;
    }
  }
  map.finish();
}

}  // namespace

OpenSloReferences::OpenSloReferences(const std::vector<YamlValue>& documents) {
  for (const YamlValue& document : documents) {
    YamlMap root(document);
    const std::string kind = text_or_empty(root, "kind");
    const auto metadata = root.take("metadata");
    if (!metadata) continue;
    YamlMap map(*metadata);
    known_.insert_or_assign({kind, text_or_empty(map, "name")}, &document);
  }
}

std::optional<YamlValue> OpenSloReferences::spec_of(std::string_view kind,
                                                    const YamlValue& reference) const {
  const auto name = reference.text();
  if (!name) return std::nullopt;
  const auto it = known_.find({std::string(kind), *name});
  if (it == known_.end()) {
    reference.error("refers to " + std::string(kind) + " '" + *name +
                    "', which is in none of the files");
    return std::nullopt;
  }
  YamlMap root(*it->second);
  return root.take("spec");
}

std::optional<YamlValue> OpenSloReferences::here_or_elsewhere(YamlMap& map,
                                                              std::string_view inline_key,
                                                              std::string_view reference_key,
                                                              std::string_view kind) const {
  if (const auto here = map.take(inline_key)) {
    YamlMap block(*here);
    return block.take("spec");
  }
  if (const auto reference = map.take(reference_key)) return spec_of(kind, *reference);
  return std::nullopt;
}

void import_openslo_policies(const OpenSloReferences& references, const YamlValue& policies,
                             ImportedSlo& slo) {
  for (const YamlValue& item : policies.list().value_or(std::vector<YamlValue>{})) {
    std::optional<YamlValue> spec;
    if (item.is_text()) {
      spec = references.spec_of("AlertPolicy", item);
    } else {
      YamlMap entry(item);
      spec = references.here_or_elsewhere(entry, "alertPolicy", "alertPolicyRef", "AlertPolicy");
      if (!spec) spec = entry.take("spec");
    }
    if (spec) read_policy(references, *spec, slo);
  }
}

}  // namespace app
