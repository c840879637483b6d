#include "alerts/rule_file.h"

#include <nlohmann/json.hpp>

#include <utility>

#include "alerts/yaml_text.h"
#include "exporter/core/json_text.h"

namespace alerts {
namespace {

using nlohmann::ordered_json;

ordered_json value_of(const Rule& rule) {
  ordered_json value;
  const auto put = [&value](const char* key, const std::string& text) {
    if (!text.empty()) value[key] = text;
  };
  put("record", rule.record);
  put("alert", rule.alert);
  put("expr", rule.expr);
  put("for", rule.wait);
  put("keep_firing_for", rule.keep);
  if (!rule.labels.empty()) value["labels"] = rule.labels;
  if (!rule.annotations.empty()) value["annotations"] = rule.annotations;
  return value;
}

ordered_json value_of(const RuleFile& file) {
  ordered_json groups = ordered_json::array();
  for (const RuleGroup& group : file.groups) {
    ordered_json rules = ordered_json::array();
    for (const Rule& rule : group.rules) rules.push_back(value_of(rule));
    groups.push_back({{"name", group.name}, {"interval", group.interval}, {"rules", rules}});
  }
  ordered_json value;
  value["groups"] = std::move(groups);
  return value;
}

}  // namespace

Rule recording_rule(std::string name, std::string expr, Labels labels) {
  Rule rule;
  rule.record = std::move(name);
  rule.expr = std::move(expr);
  rule.labels = std::move(labels);
  return rule;
}

Rule alerting_rule(std::string name, std::string expr, std::string wait, std::string keep) {
  Rule rule;
  rule.alert = std::move(name);
  rule.expr = std::move(expr);
  rule.wait = std::move(wait);
  rule.keep = std::move(keep);
  return rule;
}

void add_group(RuleFile& file, const std::string& name, const std::string& interval,
               std::vector<Rule> rules) {
  int number = 0;
  for (Rule& rule : rules) {
    if (number == 0 || file.groups.back().rules.size() == kMaxGroupRules) {
      ++number;
      file.groups.push_back(
          {number == 1 ? name : name + "-" + std::to_string(number), interval, {}});
    }
    file.groups.back().rules.push_back(std::move(rule));
  }
}

std::string rules_to_json(const RuleFile& file) {
  return exporter::json_text(value_of(file), 2) + "\n";
}

std::string rules_to_yaml(const RuleFile& file) { return yaml_of_json(rules_to_json(file)); }

}  // namespace alerts
