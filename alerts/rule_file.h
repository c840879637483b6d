// Rules for Prometheus (and the rulers of Thanos and Mimir) as a value, and as text: JSON, which
// they read as the YAML it is, or YAML for people. Any thread.
#pragma once

#include <string>
#include <vector>

#include "alerts/alert.h"

namespace alerts {

struct Rule {
  std::string record;  // a name; else `alert` is one
  std::string alert;
  std::string expr;
  std::string wait;  // "for": "1m"; "" for none
  std::string keep;  // "keep_firing_for"
  Labels labels;
  Annotations annotations;
};

Rule recording_rule(std::string name, std::string expr, Labels labels = {});
Rule alerting_rule(std::string name, std::string expr, std::string wait = {},
                   std::string keep = {});

struct RuleGroup {
  std::string name;
  std::string interval;
  std::vector<Rule> rules;
};

struct RuleFile {
  std::string name;  // without folder and extension
  std::vector<RuleGroup> groups;
};

// Appends a group; one with more than kMaxGroupRules rules becomes several, name-2 and so on. No
// rules give no group.
inline constexpr std::size_t kMaxGroupRules = 20;
void add_group(RuleFile& file, const std::string& name, const std::string& interval,
               std::vector<Rule> rules);

std::string rules_to_json(const RuleFile& file);
std::string rules_to_yaml(const RuleFile& file);

}  // namespace alerts
