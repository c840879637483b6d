// A row (SRE Workbook, chapter 5) becomes
//
//   slo:error_ratio:rate1h{service="shop",slo="website"} > 0.00144
//   and slo:error_ratio:rate5m{service="shop",slo="website"} > 0.00144
//   unless slo:bad_events:increase5m{service="shop",slo="website"} <= 1.5
//
// and is silent in planned maintenance. The ratios are recorded once for all alerts. increase()
// reads 2 events as 2.0 to 2.1, hence the half.
#include "alerts/rules_native.h"

#include <algorithm>
#include <initializer_list>
#include <set>

#include "alerts/promql.h"
#include "alerts/words.h"

namespace alerts {
namespace {

using slo::AlertRow;
using slo::Severity;
using slo::SloSpec;

// Whom a file sums over.
struct Level {
  std::string prefix;  // of recorded names
  std::string by;
};

const Level kInstance{"instance_slo", "instance, service, slo"};
const Level kFleet{"slo", "service, slo"};

constexpr std::string_view kBudgetWords =
    "{{ with printf `slo_error_budget_remaining_ratio{service=%q,slo=%q}` $labels.service "
    "$labels.slo | query }} {{ . | first | value | humanizePercentage }} of the budget is left."
    "{{ end }}{{ with printf `slo_error_budget_exhaustion_seconds{service=%q,slo=%q}` "
    "$labels.service $labels.slo | query }} At this pace it lasts {{ . | first | value | "
    "humanizeDuration }}.{{ end }}";
constexpr std::string_view kSinceWords =
    "{{ with printf `min(slo_incident_start_timestamp_seconds{service=%q,slo=%q} > 0)` "
    "$labels.service $labels.slo | query }} It is down since {{ . | first | value | "
    "humanizeTimestamp }}.{{ end }}";
constexpr std::string_view kName = "{{ $labels.service }}/{{ $labels.slo }}";

// The name of the objective and what is to be said of it.
std::string about(std::initializer_list<std::string_view> parts) {
  std::string text(kName);
  for (const std::string_view part : parts) text += part;
  return text;
}

std::string kept_from_templates(const std::string& text) {
  std::string out;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find("{{", begin);
    out += text.substr(begin, end - begin);
    if (end == std::string::npos) return out;
    out += "{{ \"{{\" }}";
    begin = end + 2;
  }
}

class Writer {
 public:
  Writer(const SloSpec& spec, const AlertingSpec& alerting, const Level& level)
      : spec_(spec), alerting_(alerting), level_(level) {
    for (const AlertRow& row : spec.alert_rows) {
      if (!slo::can_never_fire(row, spec.objective, spec.window_ms)) rows_.push_back(row);
    }
  }

  // Those of the alerts' own interval begin their group, so that no evaluation lies between.
  void add_records(RuleFile& file, const std::string& id, std::vector<Rule>& with_alerts) const {
    std::set<std::int64_t> windows;
    std::set<std::int64_t> guarded;
    for (const AlertRow& row : rows_) {
      windows.insert({row.long_ms, row.short_ms});
      if (has_guard()) guarded.insert(row.short_ms);
    }
    std::map<std::string, std::vector<Rule>> by_interval;
    for (const std::int64_t window : windows) {
      by_interval[interval_of(window)].push_back(
          recording_rule(ratio(window), error_ratio(spec_, window, level_.by)));
    }
    for (const std::int64_t window : guarded) {
      by_interval[interval_of(window)].push_back(
          recording_rule(events(window), bad_events(spec_, window, level_.by)));
    }
    with_alerts = std::move(by_interval[alert_interval()]);
    by_interval.erase(alert_interval());
    for (auto& [interval, rules] : by_interval) {
      add_group(file, id + "-every-" + interval, interval, std::move(rules));
    }
  }

  // The shortest interval that the rows want: alerts are evaluated as often as what they read.
  std::string alert_interval() const {
    std::int64_t shortest = slo::kDayMs;
    for (const AlertRow& row : rows_) shortest = std::min(shortest, row.short_ms);
    return interval_of(std::min(shortest, 5 * slo::kMinuteMs));
  }

  void add_burn(std::vector<Rule>& rules, std::string_view also) const {
    for (const Severity severity : {Severity::kPage, Severity::kTicket}) {
      std::string expr;
      std::string windows;
      for (const AlertRow& row : rows_) {
        if (row.severity != severity) continue;
        if (!expr.empty()) expr += "\nor\n";
        if (!windows.empty()) windows += " or ";
        expr += "(\n" + condition(row) + "\n)";
        windows += slo::duration_label(row.long_ms);
      }
      if (expr.empty()) continue;
      expr = "(\n" + expr + "\n)\n" + std::string(also) + unless_maintained();
      const bool page = severity == Severity::kPage;
      rules.push_back(
          alert(page ? "SLOBurnPage" : "SLOBurnTicket", expr, page ? "critical" : "warning",
                page ? "The error budget is burning so fast that somebody has to act now."
                     : "The error budget is burning faster than it lasts.",
                about({" was bad for {{ $value | humanizePercentage }} of the last ", windows,
                       ", and still is.", kSinceWords, kBudgetWords,
                       page ? " Look at what changed last and at the open incident."
                            : " Find the cause within days."})));
    }
  }

  void add_others(std::vector<Rule>& rules) const {
    const std::string selector = slo_selector(spec_);
    const auto has = [this](Severity severity) {
      return std::ranges::any_of(
          rows_, [severity](const AlertRow& row) { return row.severity == severity; });
    };
    if (!rows_.empty()) {
      rules.push_back(alert("SLOTargetDown",
                            "slo_incident_open" + selector + " == 1\n" + unless_maintained(),
                            has(Severity::kPage) ? "critical" : "warning",
                            "The target has been down for more than a minute.",
                            about({" has failed its checks for more than a minute, as seen by {{ "
                                   "$labels.instance }}.",
                                   kSinceWords, kBudgetWords,
                                   " See whether the target is up and reachable from there, and "
                                   "what was deployed last."}),
                            "1m", "2m"));
    }
    rules.push_back(alert("SLOBudgetExhausted",
                          "slo_error_budget_remaining_ratio" + selector + " <= 0", "warning",
                          "The error budget is spent.",
                          about({" has {{ $value | humanizePercentage }} of its budget left: the "
                                 "objective is missed for this window. Stop risky changes until it "
                                 "recovers."}),
                          "5m", "1h"));
    rules.push_back(alert(
        "SLOBudgetLow", "slo_error_budget_remaining_ratio" + selector + " < 0.25", "info",
        "Less than a quarter of the error budget is left.",
        about({" has {{ $value | humanizePercentage }} of its budget left. Think twice before a "
               "risky change."}),
        "15m", "1h"));
    rules.push_back(alert(
        "SLOUnobserved", "slo_coverage_ratio" + slo_selector(spec_, "window=\"1h\"") + " < 0.9",
        "warning", "The objective was not measured all the time.",
        about(
            {" was measured for {{ $value | humanizePercentage }} of the last hour, as seen by {{ "
             "$labels.instance }}. Time that was not measured counts neither as good nor as bad, "
             "and the verdict may stay open."}),
        "5m", "10m"));
    rules.push_back(
        alert("SLOFrozen", "slo_stale" + selector + " == 1", "warning",
              "The objective cannot be judged now.",
              about({" has too little data: its figures stand still and its alerts on {{ "
                     "$labels.instance }} neither fire nor end."}),
              "5m", "10m"));
    add_policy(rules);
    const slo::Rare<slo::NoData>& no_data = spec_.no_data;
    if (no_data) {
      rules.push_back(alert(
          "SLONoData",
          "max without (state) (slo_state" + slo_selector(spec_, "state=\"unknown\"") + ") == 1",
          word(no_data->severity), "The objective is not measured.",
          about({" is unknown, as seen by {{ $labels.instance }}: such time "
                 "counts neither as good nor as bad, and no other alert about it "
                 "can fire. See the cause on the status page."}),
          promql_duration(no_data->after_ms)));
    }
    rules.push_back(
        alert("SLOAbsent", "absent(slo_state" + selector + ")",
              no_data ? word(no_data->severity) : "critical", "Nobody measures the objective.",
              about({" is configured, but Prometheus has no data of it: the monitor is "
                     "down, is not scraped or has another configuration. No other alert "
                     "about it can fire."}),
              no_data ? promql_duration(no_data->after_ms) : "2m"));
  }

  // Of the whole window, each five minutes.
  void add_budget(RuleFile& file, const std::string& id) const {
    const std::string window = slo::duration_label(spec_.window_ms);
    const Labels names{{"service", spec_.service}, {"slo", spec_.name}};
    add_group(file, id + "-every-5m", "5m",
              {recording_rule("slo:known_error_ratio:rate" + window,
                              known_error_ratio(spec_, window), names),
               recording_rule("slo:error_budget_remaining:ratio",
                              "1 - slo:known_error_ratio:rate" + window + slo_selector(spec_) +
                                  " / " + promql_number(spec_.objective.budget_ratio()))});
  }

 private:
  // Twenty times per window, but no more often than Prometheus usually scrapes.
  static std::string interval_of(std::int64_t window_ms) {
    if (window_ms >= 2 * slo::kHourMs) return "1m";
    const std::int64_t seconds = window_ms / 20 / slo::kSecondMs;
    return std::to_string(std::clamp<std::int64_t>(seconds, 1, 15)) + "s";
  }

  static std::string word(Severity severity) {
    return severity == Severity::kPage ? "critical" : "warning";
  }

  // The lines that alert: each while it is the one in force.
  void add_policy(std::vector<Rule>& rules) const {
    for (const slo::PolicyLine& line : spec_.policy) {
      if (!line.alert) continue;
      const std::string selector =
          slo_selector(spec_, "remaining_below=" + promql_quoted(line.remaining_below) +
                                  ",message=" + promql_quoted(line.message));
      rules.push_back(alert("SLOBudgetPolicy",
                            "max without (remaining_below, message) "
                            "(slo_error_budget_policy_active" +
                                selector + ") == 1\n" + unless_maintained(),
                            word(*line.alert), "The error budget policy asks for action.",
                            about({": ", kept_from_templates(line.message), ".", kBudgetWords})));
    }
  }

  // In planned maintenance nobody is paged, by the daemon neither; a fleet's is that of all.
  std::string unless_maintained() const {
    return "unless on (" + level_.by + ")\n(min by (" + level_.by + ") (slo_state" +
           slo_selector(spec_, "state=\"excluded\"") + ") == 1)";
  }

  bool has_guard() const {
    return spec_.min_failures > 1 && spec_.budgeting != slo::BudgetingMethod::kRatioTimeslices;
  }
  std::string ratio(std::int64_t window_ms) const {
    return level_.prefix + ":error_ratio:rate" + slo::duration_label(window_ms);
  }
  std::string events(std::int64_t window_ms) const {
    return level_.prefix + ":bad_events:increase" + slo::duration_label(window_ms);
  }

  std::string condition(const AlertRow& row) const {
    const std::string selector = slo_selector(spec_);
    const std::string above = " > " + promql_number(error_ratio_threshold(row, spec_));
    std::string text = "  " + ratio(row.long_ms) + selector + above + "\n  and " +
                       ratio(row.short_ms) + selector + above;
    if (has_guard()) {
      text += "\n  unless " + events(row.short_ms) + selector +
              " <= " + promql_number(spec_.min_failures - 0.5);
    }
    return text;
  }

  Rule alert(const std::string& name, const std::string& expr, const std::string& severity,
             const std::string& summary, const std::string& description,
             const std::string& wait = {}, const std::string& keep = {}) const {
    Rule rule = alerting_rule(name, expr, wait, keep);
    std::optional<Severity> words;  // what is only for dashboards has none
    if (severity == "critical") words = Severity::kPage;
    if (severity == "warning") words = Severity::kTicket;
    rule.labels = configured_labels(spec_, words);
    rule.labels["severity"] = severity;
    rule.labels["origin"] = "prometheus";
    rule.annotations = configured_annotations(spec_, words);
    rule.annotations.emplace("summary", summary);
    rule.annotations.emplace("description", description);
    rule.annotations.emplace("runbook_url", runbook_page(alerting_, name));
    rule.annotations.emplace("dashboard_url", dashboard_page(alerting_, spec_));
    return rule;
  }

  const SloSpec& spec_;
  const AlertingSpec& alerting_;
  const Level& level_;
  std::vector<AlertRow> rows_;
};

}  // namespace

std::string rule_id(const SloSpec& spec) {
  return spec.service == spec.name ? spec.name : spec.service + "-" + spec.name;
}

Labels configured_labels(const SloSpec& spec, std::optional<Severity> severity) {
  Labels labels;
  if (severity && spec.words_of(*severity)) labels = spec.words_of(*severity)->labels;
  labels.insert(spec.labels.begin(), spec.labels.end());
  labels = clean_labels(labels);
  for (auto& [name, value] : labels) value = kept_from_templates(value);
  return labels;
}

Annotations configured_annotations(const SloSpec& spec, std::optional<Severity> severity) {
  Annotations annotations;
  if (severity && spec.words_of(*severity)) annotations = spec.words_of(*severity)->annotations;
  annotations.insert(spec.annotations.begin(), spec.annotations.end());
  for (auto& [name, value] : annotations) value = kept_from_templates(value);
  return annotations;
}

RuleFile native_rules(const SloSpec& spec, const AlertingSpec& alerting) {
  RuleFile file{.name = spec.service + "-" + spec.name, .groups = {}};
  const Writer writer(spec, alerting, kInstance);
  const std::string id = "fournines-slo-" + file.name;
  std::vector<Rule> rules;
  writer.add_records(file, id, rules);
  writer.add_burn(rules, {});
  writer.add_others(rules);
  add_group(file, id + "-alerts", writer.alert_interval(), std::move(rules));
  return file;
}

RuleFile fleet_rules(const SloSpecs& specs, const AlertingSpec& alerting) {
  RuleFile file{.name = "fleet", .groups = {}};
  for (const auto& spec : specs) {
    const Writer writer(*spec, alerting, kFleet);
    const std::string id = "fournines-fleet-" + spec->service + "-" + spec->name;
    std::vector<Rule> rules;
    writer.add_records(file, id, rules);
    writer.add_budget(file, id);
    writer.add_burn(rules, "and on (service, slo)\n(count by (service, slo) (slo_objective_ratio" +
                               slo_selector(*spec) + ") > 1)\n");
    add_group(file, id + "-alerts", writer.alert_interval(), std::move(rules));
  }
  return file;
}

}  // namespace alerts
