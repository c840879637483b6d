// Finds rules and numbers in generated rule files.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "alerts/rule_file.h"
#include "slo/spec.h"

namespace alerts {

inline slo::SloSpec spec_over(std::int64_t window_ms, slo::Objective objective = {999'900'000}) {
  slo::SloSpec spec;
  spec.service = "shop";
  spec.name = "website";
  spec.objective = objective;
  spec.window_ms = window_ms;
  spec.window_label = slo::duration_label(window_ms);
  spec.alert_rows = slo::default_alert_rows(window_ms);
  return spec;
}

inline std::vector<Rule> rules_named(const RuleFile& file, std::string_view name) {
  std::vector<Rule> found;
  for (const RuleGroup& group : file.groups) {
    std::ranges::copy_if(group.rules, std::back_inserter(found), [&](const Rule& rule) {
      return rule.record == name || rule.alert == name;
    });
  }
  return found;
}

inline std::vector<std::string> records_of(const RuleFile& file) {
  std::vector<std::string> names;
  for (const RuleGroup& group : file.groups) {
    for (const Rule& rule : group.rules) {
      if (!rule.record.empty()) names.push_back(rule.record);
    }
  }
  return names;
}

// The numbers behind each "> ", also of "> (14.4 * 0.0001)", which counts as its product.
inline std::vector<double> thresholds(const std::string& expr) {
  std::vector<double> found;
  for (std::size_t at = expr.find("> "); at != std::string::npos; at = expr.find("> ", at)) {
    at += 2;
    if (expr[at] != '(') {
      found.push_back(std::strtod(expr.c_str() + at, nullptr));
      continue;
    }
    char* end = nullptr;
    const double factor = std::strtod(expr.c_str() + at + 1, &end);
    const std::string_view rest(end);
    const bool subtracted = rest.starts_with(" * (1-");
    const double other = std::strtod(end + (subtracted ? 6 : 3), nullptr);
    found.push_back(factor * (subtracted ? 1 - other : other));
  }
  return found;
}

}  // namespace alerts
