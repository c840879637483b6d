#include "alerts/rules_native.h"

#include "alerts/promql.h"
#include "alerts/yaml_text.h"
#include "tests/alerts/rules_support.h"
#include "tests/support/doctest.h"

namespace alerts {
namespace {

using slo::kDayMs;
using slo::kHourMs;
using slo::kMinuteMs;

constexpr double kExact = 1e-9;

// Burn rates of the reference, quick page, slow page, quick ticket, slow ticket.
struct WindowCase {
  int days;
  std::vector<double> page;
  std::vector<double> ticket;
};
const std::vector<WindowCase> kWindowCases = {{7, {16.8, 33.6 / 6}, {2.8}},
                                              {28, {13.44, 5.6}, {2.8, 2.8 / 3}},
                                              {30, {14.4, 6}, {3, 1}},
                                              {90, {21.6, 10.8}, {4.5, 1.5}}};

void check_thresholds(const std::string& expr, const std::vector<double>& burns, double budget) {
  const std::vector<double> found = thresholds(expr);
  REQUIRE(found.size() == 2 * burns.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    CHECK(found[i] / budget == doctest::Approx(burns[i / 2]).epsilon(kExact));
  }
}

TEST_CASE("thresholds are the table's, for each window, per instance and per fleet") {
  for (const WindowCase& wanted : kWindowCases) {
    CAPTURE(wanted.days);
    const auto spec = std::make_shared<slo::SloSpec>(spec_over(wanted.days * kDayMs));
    const RuleFile native = native_rules(*spec, {});
    check_thresholds(rules_named(native, "SLOBurnPage").at(0).expr, wanted.page, 1e-4);
    check_thresholds(rules_named(native, "SLOBurnTicket").at(0).expr, wanted.ticket, 1e-4);
    std::string fleet = rules_named(fleet_rules({spec}, {}), "SLOBurnPage").at(0).expr;
    CHECK(
        fleet.ends_with("and on (service, slo)\n(count by (service, slo) "
                        "(slo_objective_ratio{service=\"shop\",slo=\"website\"}) > 1)\n"
                        "unless on (service, slo)\n(min by (service, slo) "
                        "(slo_state{service=\"shop\",slo=\"website\",state=\"excluded\"}) == 1)"));
    fleet.resize(fleet.rfind("and on"));
    check_thresholds(fleet, wanted.page, 1e-4);
  }
}

TEST_CASE("numbers are printed as people write them") {
  const slo::SloSpec spec = spec_over(30 * kDayMs);
  CHECK(promql_number(error_ratio_threshold(spec.alert_rows[0], spec)) == "0.00144");
  CHECK(promql_number(error_ratio_threshold(spec.alert_rows[1], spec)) == "0.0006");
  CHECK(promql_number(spec.objective.budget_ratio()) == "0.0001");
  CHECK(promql_number(2592000) == "2592000");
}

TEST_CASE("durations are written as Prometheus writes them") {
  const std::vector<std::pair<std::int64_t, const char*>> cases = {
      {5 * kMinuteMs, "5m"}, {kHourMs, "1h"},
      {28 * kDayMs, "4w"},   {7 * kDayMs, "1w"},
      {30 * kDayMs, "30d"},  {90 * kDayMs, "90d"},
      {365 * kDayMs, "1y"},  {25 * kHourMs + 43 * kMinuteMs, "1d1h43m"},
      {1500, "1s500ms"},     {0, "0s"}};
  for (const auto& [ms, text] : cases) CHECK(promql_duration(ms) == text);
}

TEST_CASE("alerts read only what the same file records") {
  for (const WindowCase& wanted : kWindowCases) {
    const auto spec = std::make_shared<slo::SloSpec>(spec_over(wanted.days * kDayMs));
    for (const RuleFile& file : {native_rules(*spec, {}), fleet_rules({spec}, {})}) {
      const auto records = records_of(file);
      for (const char* name : {"SLOBurnPage", "SLOBurnTicket"}) {
        const std::string expr = rules_named(file, name).at(0).expr;
        std::size_t read = 0;
        for (const std::string& record : records) read += expr.contains(record + "{") ? 1 : 0;
        CHECK(read >= 3);
        for (const slo::AlertRow& row : spec->alert_rows) {
          const bool page = std::string_view(name) == "SLOBurnPage";
          if ((row.severity == slo::Severity::kPage) != page) continue;
          CHECK(expr.contains(":rate" + slo::duration_label(row.long_ms) + "{"));
          CHECK(expr.contains(":rate" + slo::duration_label(row.short_ms) + "{"));
        }
      }
    }
  }
}

TEST_CASE("an own catalogue has its own windows, and its groups stay small") {
  slo::SloSpec spec = spec_over(30 * kDayMs);
  spec.alert_rows.clear();
  for (int i = 1; i <= 32; ++i) {
    spec.alert_rows.push_back({i * 12 * kMinuteMs, i * kMinuteMs, 1'000, slo::Severity::kPage});
  }
  const RuleFile file = native_rules(spec, {});
  for (const RuleGroup& group : file.groups) CHECK(group.rules.size() <= kMaxGroupRules);
  CHECK(rules_named(file, "instance_slo:error_ratio:rate384m").size() == 1);
  CHECK(rules_named(file, "SLOBurnTicket").empty());
  CHECK(thresholds(rules_named(file, "SLOBurnPage").at(0).expr).size() == 64);
}

TEST_CASE("a row that can never fire is left out, and with the last one the alert") {
  slo::SloSpec spec = spec_over(30 * kDayMs, {900'000'000});
  spec.alert_rows.resize(2);
  CHECK(thresholds(rules_named(native_rules(spec, {}), "SLOBurnPage").at(0).expr).size() == 2);
  spec.alert_rows.resize(1);
  CHECK(rules_named(native_rules(spec, {}), "SLOBurnPage").empty());
  CHECK(rules_named(native_rules(spec, {}), "SLOTargetDown").empty());
}

TEST_CASE("the guard against few failures stands in each row, with half an event of room") {
  slo::SloSpec spec = spec_over(30 * kDayMs);
  spec.min_failures = 3;
  CHECK(rules_named(native_rules(spec, {}), "SLOBurnPage")
            .at(0)
            .expr.contains("unless instance_slo:bad_events:increase5m"
                           "{service=\"shop\",slo=\"website\"} <= 2.5"));
  spec.min_failures = 1;
  const RuleFile file = native_rules(spec, {});
  CHECK(!rules_named(file, "SLOBurnPage").at(0).expr.contains("bad_events"));
  CHECK(rules_named(file, "instance_slo:bad_events:increase5m").empty());
}

TEST_CASE("an objective that does not page has a warning when it is down") {
  slo::SloSpec spec = spec_over(30 * kDayMs);
  CHECK(rules_named(native_rules(spec, {}), "SLOTargetDown").at(0).labels["severity"] ==
        "critical");
  std::erase_if(spec.alert_rows,
                [](const slo::AlertRow& row) { return row.severity == slo::Severity::kPage; });
  const RuleFile file = native_rules(spec, {});
  CHECK(rules_named(file, "SLOTargetDown").at(0).labels["severity"] == "warning");
  CHECK(rules_named(file, "SLOBurnPage").empty());
}

TEST_CASE("configured labels and words stand on every alert, and are no templates") {
  slo::SloSpec spec = spec_over(30 * kDayMs);
  spec.labels = {{"team", "web"}, {"odd name", "{{ evil"}};
  spec.annotations = {{"runbook_url", "https://wiki/shop"}, {"note", "a {{ b }} {{"}};
  const Rule rule = rules_named(native_rules(spec, {}), "SLOBurnPage").at(0);
  CHECK(rule.labels.at("team") == "web");
  CHECK(rule.labels.at("odd_name") == "{{ \"{{\" }} evil");
  CHECK(rule.annotations.at("runbook_url") == "https://wiki/shop");
  CHECK(rule.annotations.at("note") == "a {{ \"{{\" }} b }} {{ \"{{\" }}");
}

TEST_CASE("missing data, the budget policy and the words of a severity are in the rules, too") {
  slo::SloSpec spec = spec_over(30 * kDayMs);
  CHECK(rules_named(native_rules(spec, {}), "SLONoData").empty());
  CHECK(rules_named(native_rules(spec, {}), "SLOBudgetPolicy").empty());
  spec.no_data = slo::NoData{.after_ms = 300'000, .severity = slo::Severity::kTicket};
  spec.policy = {{"10%", 100'000, "Freeze {{ all }}", slo::Severity::kTicket},
                 {"0%", 0, "Stop", slo::Severity::kPage}};
  spec.page_words = slo::AlertWords{{{"team", "on-call"}}, {{"runbook_url", "https://wiki/page"}}};
  const RuleFile file = native_rules(spec, {});
  const Rule no_data = rules_named(file, "SLONoData").at(0);
  CHECK(no_data.expr ==
        "max without (state) "
        "(slo_state{service=\"shop\",slo=\"website\",state=\"unknown\"}) == 1");
  CHECK(no_data.wait == "5m");
  CHECK(no_data.labels.at("severity") == "warning");
  const Rule absent = rules_named(file, "SLOAbsent").at(0);
  CHECK(absent.wait == "5m");
  CHECK(absent.labels.at("severity") == "warning");
  const auto policy = rules_named(file, "SLOBudgetPolicy");
  REQUIRE(policy.size() == 2);
  CHECK(policy[0].expr.contains("unless on (instance, service, slo)"));
  CHECK(policy[0].labels.at("severity") == "warning");
  CHECK_FALSE(policy[0].labels.contains("team"));
  CHECK(policy[0].annotations.at("description").find("Freeze {{ \"{{\" }} all }}.") !=
        std::string::npos);
  CHECK(policy[1].labels.at("severity") == "critical");
  CHECK(policy[1].labels.at("team") == "on-call");
  CHECK(rules_named(file, "SLOBurnPage").at(0).annotations.at("runbook_url") ==
        "https://wiki/page");
}

TEST_CASE("each rule file as YAML has the lines of its expressions as a block") {
  RuleFile file;
  add_group(file, "g", "15s",
            {recording_rule("a:b:c", "x\n+ y"), alerting_rule("A", "1 > 0", "1m")});
  file.groups[0].rules[1].labels["severity"] = "info";
  CHECK(rules_to_yaml(file) ==
        "groups:\n"
        "  - name: \"g\"\n"
        "    interval: \"15s\"\n"
        "    rules:\n"
        "      - record: \"a:b:c\"\n"
        "        expr: |-\n"
        "          x\n"
        "          + y\n"
        "      - alert: \"A\"\n"
        "        expr: \"1 > 0\"\n"
        "        for: \"1m\"\n"
        "        labels:\n"
        "          severity: \"info\"\n");
  CHECK(rules_to_json(file).starts_with("{\n  \"groups\": [\n    {\n      \"name\": \"g\""));
  CHECK(rules_to_yaml({}) == "groups: []\n");
}

TEST_CASE("as YAML odd keys and texts are quoted, so that they stay what they are") {
  CHECK(yaml_of_json(R"({"a b":"x","on":"","9":"\n","k":{"-":" a\nb"}})") ==
        "\"a b\": \"x\"\n\"on\": \"\"\n\"9\": \"\\n\"\nk:\n  \"-\": \" a\\nb\"\n");
}

TEST_CASE("more than twenty rules are several groups") {
  RuleFile file;
  add_group(file, "g", "15s", std::vector<Rule>(45, recording_rule("a", "1")));
  REQUIRE(file.groups.size() == 3);
  CHECK(file.groups[0].name == "g");
  CHECK(file.groups[2].name == "g-3");
  CHECK(file.groups[2].rules.size() == 5);
}

}  // namespace
}  // namespace alerts
