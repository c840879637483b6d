// As Pyrra v0.10 writes them, of the kind "ratio" over our counters: groups SLO-increase (the whole
// window, at an interval that grows with it), SLO (burn rates and alerts) and SLO-generic. Its
// factors are 14, 7, 2 and 1 for every window; what changes is how long the alert windows are.
#include <algorithm>
#include <array>
#include <cmath>

#include "alerts/promql.h"
#include "alerts/rules_compat.h"
#include "alerts/rules_native.h"

namespace alerts {
namespace {

using slo::Severity;
using slo::SloSpec;

struct PyrraRow {
  int factor;
  std::int64_t long_at_28d_ms;
  std::int64_t short_at_28d_ms;
  std::int64_t wait_at_28d_ms;
  Severity severity;
};

constexpr std::array<PyrraRow, 4> kRows = {{
    {14, slo::kHourMs, 5 * slo::kMinuteMs, 2 * slo::kMinuteMs, Severity::kPage},
    {7, 6 * slo::kHourMs, 30 * slo::kMinuteMs, 15 * slo::kMinuteMs, Severity::kPage},
    {2, slo::kDayMs, 2 * slo::kHourMs, slo::kHourMs, Severity::kTicket},
    {1, 4 * slo::kDayMs, 6 * slo::kHourMs, 3 * slo::kHourMs, Severity::kTicket},
}};

// How often the whole window is recorded.
std::string increase_interval(std::int64_t window_ms) {
  static constexpr std::array<std::pair<std::int64_t, const char*>, 7> kIntervals = {
      {{7, "30s"},
       {14, "1m"},
       {21, "1m30s"},
       {28, "2m"},
       {35, "2m30s"},
       {42, "3m"},
       {49, "3m30s"}}};
  for (const auto& [days, interval] : kIntervals) {
    if (window_ms < days * slo::kDayMs) return interval;
  }
  return "4m";
}

class Pyrra {
 public:
  explicit Pyrra(const SloSpec& spec)
      : spec_(spec),
        id_(rule_id(spec)),
        time_(counts_time(spec)),
        metric_(time_ ? "slo_state_seconds" : "slo_events"),
        kind_(time_ ? "state" : "outcome") {}

  RuleFile rules() const {
    RuleFile file{.name = spec_.service + "-" + spec_.name, .groups = {}};
    const std::string whole = promql_duration(spec_.window_ms);
    add_group(file, id_ + "-increase", increase_interval(spec_.window_ms),
              {recording_rule(metric_ + ":increase" + whole,
                              "sum by (" + kind_ + ") (increase(" + total() + "[" + whole + "]))",
                              labels()),
               absent()});
    add_group(file, id_, "30s", burn_rules());
    add_group(file, id_ + "-generic", "30s", generic_rules(metric_ + ":increase" + whole));
    return file;
  }

 private:
  Labels labels(std::optional<Severity> severity = {}) const {
    Labels labels = configured_labels(spec_, severity);
    labels["slo"] = id_;
    if (severity) labels["severity"] = *severity == Severity::kPage ? "critical" : "warning";
    return labels;
  }
  // Whoever is not to be paged by the objective is not paged by these rules.
  bool alerts_by(Severity severity) const {
    return std::ranges::any_of(spec_.alert_rows, [severity](const slo::AlertRow& row) {
      return row.severity == severity;
    });
  }
  std::string named(const std::string& more = {}) const {
    return "{" + more + (more.empty() ? "" : ",") + "slo=" + promql_quoted(id_) + "}";
  }
  std::string bad_kind() const { return time_ ? "state=\"down\"" : "outcome=\"bad\""; }
  std::string all_kinds() const { return time_ ? "state=~\"up|down\"" : ""; }
  std::string total() const { return metric_ + "_total" + slo_selector(spec_, all_kinds()); }
  std::string errors() const { return metric_ + "_total" + slo_selector(spec_, bad_kind()); }

  static std::int64_t scaled(std::int64_t at_28d_ms, std::int64_t window_ms) {
    return slo::pyrra_window_ms(at_28d_ms, window_ms);
  }

  std::vector<Rule> generic_rules(const std::string& increase) const {
    const std::string seconds =
        promql_number(static_cast<double>(spec_.window_ms) / slo::kSecondMs);
    const std::vector<std::pair<const char*, std::string>> generic = {
        {"pyrra_objective", promql_number(spec_.objective.ratio())},
        {"pyrra_window", seconds},
        {"pyrra_availability", "1 - sum(" + increase + named(bad_kind()) +
                                   " or vector(0)) / (sum(" + increase + named(all_kinds()) +
                                   ") > 0)"},
        {"pyrra_requests:rate5m", "sum(rate(" + total() + "[5m]))"},
        {"pyrra_errors:rate5m", "sum(rate(" + errors() + "[5m])) or vector(0)"}};
    std::vector<Rule> rules;
    for (const auto& [name, expr] : generic) {
      const bool constant = !expr.contains('(');
      rules.push_back(recording_rule(name, constant ? "vector(" + expr + ")" : expr, labels()));
    }
    return rules;
  }

  std::vector<Rule> burn_rules() const {
    std::vector<Rule> records;
    std::vector<Rule> alerts;
    for (const PyrraRow& row : kRows) {
      const std::int64_t long_ms = scaled(row.long_at_28d_ms, spec_.window_ms);
      const std::int64_t short_ms = scaled(row.short_at_28d_ms, spec_.window_ms);
      if (short_ms == 0) return {};
      for (const std::int64_t window : {short_ms, long_ms}) {
        Rule rule = burn_record(window);
        const bool there = std::ranges::any_of(
            records, [&](const Rule& known) { return known.record == rule.record; });
        if (!there) records.push_back(std::move(rule));
      }
      if (alerts_by(row.severity)) alerts.push_back(burn_alert(row, long_ms, short_ms));
    }
    for (Rule& rule : alerts) records.push_back(std::move(rule));
    return records;
  }

  std::string burn_name(std::int64_t window_ms) const {
    return metric_ + ":burnrate" + promql_duration(window_ms);
  }

  Rule burn_record(std::int64_t window_ms) const {
    const std::string window = "[" + promql_duration(window_ms) + "]";
    return recording_rule(
        burn_name(window_ms),
        "sum(rate(" + errors() + window + ")) / (sum(rate(" + total() + window + ")) > 0)",
        labels());
  }

  Rule burn_alert(const PyrraRow& row, std::int64_t long_ms, std::int64_t short_ms) const {
    const std::string above = " > (" + std::to_string(row.factor) + " * (1-" +
                              promql_number(spec_.objective.ratio()) + "))";
    Rule rule = alerting_rule(
        "ErrorBudgetBurn",
        burn_name(short_ms) + named() + above + " and " + burn_name(long_ms) + named() + above,
        promql_duration(scaled(row.wait_at_28d_ms, spec_.window_ms)));
    rule.labels = labels(row.severity);
    rule.labels["short"] = promql_duration(short_ms);
    rule.labels["long"] = promql_duration(long_ms);
    rule.labels["exhaustion"] = promql_duration(spec_.window_ms / row.factor);
    rule.annotations = configured_annotations(spec_, row.severity);
    return rule;
  }

  // Tied to the objective: as long as its quickest row takes in a total outage, to whole minutes.
  Rule absent() const {
    const PyrraRow& row = kRows.front();
    const double ms = row.factor * spec_.objective.budget_ratio() *
                          static_cast<double>(scaled(row.long_at_28d_ms, spec_.window_ms)) +
                      static_cast<double>(scaled(row.wait_at_28d_ms, spec_.window_ms));
    const auto minutes = static_cast<std::int64_t>(std::llround(ms / slo::kMinuteMs));
    Rule rule = alerting_rule("SLOMetricAbsent", "absent(" + total() + ") == 1",
                              promql_duration(std::max<std::int64_t>(minutes, 1) * slo::kMinuteMs));
    rule.labels = labels(Severity::kPage);
    rule.annotations = configured_annotations(spec_, Severity::kPage);
    return rule;
  }

  const SloSpec& spec_;
  const std::string id_;
  const bool time_;
  const std::string metric_;
  const std::string kind_;
};

}  // namespace

RuleFile pyrra_rules(const SloSpec& spec) { return Pyrra(spec).rules(); }

}  // namespace alerts
