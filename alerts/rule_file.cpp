// Both texts come from one ordered JSON value, so that they cannot differ. As YAML, texts of
// several lines are literal blocks, other texts are quoted as JSON quotes them:
//
//   groups:
//     - name: "fournines-slo-shop-website"
//       rules:
//         - record: "slo:error_ratio:rate5m"
//           expr: |-
//             sum by (service, slo) (...)
#include "alerts/rule_file.h"

#include <nlohmann/json.hpp>

namespace alerts {
namespace {

using nlohmann::ordered_json;

std::string quoted(const std::string& text) {
  return ordered_json(text).dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

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

void append_text(std::string& out, const std::string& text, const std::string& indent) {
  if (!text.contains('\n')) {
    out += quoted(text) + "\n";
    return;
  }
  out += "|-\n";
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    out += indent + "  " + text.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
}

void append_map(std::string& out, const ordered_json& map, std::string indent, bool in_list) {
  for (const auto& [key, value] : map.items()) {
    out += in_list ? indent.substr(0, indent.size() - 2) + "- " : indent;
    in_list = false;
    out += key + ":";
    if (value.is_string()) {
      out += ' ';
      append_text(out, value.get_ref<const std::string&>(), indent);
    } else if (value.is_object()) {
      out += '\n';
      append_map(out, value, indent + "  ", false);
    } else if (value.empty()) {
      out += " []\n";
    } else {
      out += '\n';
      for (const ordered_json& item : value) append_map(out, item, indent + "    ", true);
    }
  }
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
  return value_of(file).dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string rules_to_yaml(const RuleFile& file) {
  std::string out;
  append_map(out, value_of(file), "", false);
  return out;
}

}  // namespace alerts
