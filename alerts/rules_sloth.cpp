// Names, labels and structure as Sloth v0.16 writes them: groups sloth-slo-sli-recordings-ID,
// sloth-slo-meta-recordings-ID, sloth-slo-alerts-ID; windows in Prometheus' spelling, so that 28d
// is ratio_rate4w; the dashboards offer 30d only, so that window is recorded for every objective.
#include <set>

#include "alerts/promql.h"
#include "alerts/rules_compat.h"
#include "alerts/rules_native.h"

namespace alerts {
namespace {

using slo::AlertRow;
using slo::Severity;
using slo::SloSpec;

std::string id_of(const SloSpec& spec) { return spec.service + "-" + spec.name; }

std::string sloth_selector(const SloSpec& spec) {
  return "{sloth_id=" + promql_quoted(id_of(spec)) +
         ", sloth_service=" + promql_quoted(spec.service) +
         ", sloth_slo=" + promql_quoted(spec.name) + "}";
}

Labels labels_of(const SloSpec& spec) {
  Labels labels = configured_labels(spec);
  labels["sloth_id"] = id_of(spec);
  labels["sloth_service"] = spec.service;
  labels["sloth_slo"] = spec.name;
  return labels;
}

std::string ratio_name(std::int64_t window_ms) {
  return "slo:sli_error:ratio_rate" + promql_duration(window_ms);
}

std::vector<Rule> sli_records(const SloSpec& spec) {
  std::set<std::int64_t> windows = {5 * slo::kMinuteMs, 30 * slo::kMinuteMs, slo::kHourMs,
                                    2 * slo::kHourMs,   6 * slo::kHourMs,    slo::kDayMs,
                                    3 * slo::kDayMs,    30 * slo::kDayMs,    spec.window_ms};
  for (const AlertRow& row : spec.alert_rows) windows.insert({row.long_ms, row.short_ms});
  std::vector<Rule> rules;
  for (const std::int64_t window : windows) {
    Rule rule = recording_rule(ratio_name(window), known_error_ratio(spec, promql_duration(window)),
                               labels_of(spec));
    rule.labels["sloth_window"] = promql_duration(window);
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::vector<Rule> meta_records(const SloSpec& spec) {
  const std::string selector = sloth_selector(spec);
  const auto burn_of = [&](std::int64_t window_ms) {
    return ratio_name(window_ms) + selector +
           "\n/ on(sloth_id, sloth_slo, sloth_service) group_left\nslo:error_budget:ratio" +
           selector;
  };
  const double days = static_cast<double>(spec.window_ms) / static_cast<double>(slo::kDayMs);
  const auto vector = [](double value) { return "vector(" + promql_number(value) + ")"; };
  std::int64_t shortest = 5 * slo::kMinuteMs;
  for (const AlertRow& row : spec.alert_rows) shortest = std::min(shortest, row.short_ms);
  const std::vector<std::pair<const char*, std::string>> meta = {
      {"slo:objective:ratio", vector(spec.objective.ratio())},
      {"slo:error_budget:ratio", vector(spec.objective.budget_ratio())},
      {"slo:time_period:days", vector(days)},
      {"slo:current_burn_rate:ratio", burn_of(shortest)},
      {"slo:period_burn_rate:ratio", burn_of(spec.window_ms)},
      {"slo:period_error_budget_remaining:ratio", "1 - slo:period_burn_rate:ratio" + selector},
      {"sloth_slo_info", vector(1)}};
  std::vector<Rule> rules;
  for (const auto& [name, expr] : meta) {
    rules.push_back(recording_rule(name, expr, labels_of(spec)));
  }
  Labels& info = rules.back().labels;
  info["sloth_mode"] = "cli-gen-prom";
  info["sloth_spec"] = "fournines/v1";
  info["sloth_version"] = "fournines-" FOURNINES_VERSION;
  info["sloth_objective"] = spec.objective.percent();
  return rules;
}

std::string row_text(const AlertRow& row, const SloSpec& spec) {
  const auto side = [&](std::int64_t window_ms) {
    return "    max(" + ratio_name(window_ms) + sloth_selector(spec) + " > (" +
           promql_number(slo::burn_threshold(row, spec.window_ms)) + " * " +
           promql_number(spec.objective.budget_ratio()) + ")) without (sloth_window)";
  };
  return "(\n" + side(row.short_ms) + "\n    and\n" + side(row.long_ms) + "\n)";
}

std::vector<Rule> alert_rules(const SloSpec& spec) {
  std::vector<Rule> rules;
  for (const Severity severity : {Severity::kPage, Severity::kTicket}) {
    std::string expr;
    for (const AlertRow& row : spec.alert_rows) {
      if (row.severity != severity) continue;
      if (!expr.empty()) expr += "\nor\n";
      expr += row_text(row, spec);
    }
    if (expr.empty()) continue;
    Rule rule = alerting_rule("ErrorBudgetBurn", std::move(expr));
    const std::string word(slo::name(severity));
    if (const auto& words = spec.words_of(severity)) rule.labels = clean_labels(words->labels);
    rule.labels["severity"] = severity == Severity::kPage ? "critical" : "warning";
    rule.labels["sloth_severity"] = word;
    rule.annotations = configured_annotations(spec, severity);
    rule.annotations.emplace("title", "(" + word +
                                          ") {{$labels.sloth_service}} {{$labels.sloth_slo}} SLO "
                                          "error budget burn rate is too fast.");
    rule.annotations.emplace("summary",
                             "{{$labels.sloth_service}} {{$labels.sloth_slo}} SLO error budget "
                             "burn rate is over expected.");
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace

RuleFile sloth_rules(const SloSpec& spec) {
  const std::string id = id_of(spec);
  RuleFile file{.name = id, .groups = {}};
  add_group(file, "sloth-slo-sli-recordings-" + id, "30s", sli_records(spec));
  add_group(file, "sloth-slo-meta-recordings-" + id, "30s", meta_records(spec));
  add_group(file, "sloth-slo-alerts-" + id, "15s", alert_rules(spec));
  return file;
}

}  // namespace alerts
