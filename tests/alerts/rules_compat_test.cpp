#include "alerts/rules_compat.h"

#include "tests/alerts/rules_support.h"
#include "tests/support/doctest.h"

namespace alerts {
namespace {

using slo::kDayMs;

constexpr double kExact = 1e-9;
constexpr double kBudget = 1e-4;

TEST_CASE("Sloth's alerts have its thresholds for each window") {
  struct WindowCase {
    int days;
    std::vector<double> page;
    std::vector<double> ticket;
  };
  for (const WindowCase& wanted :
       {WindowCase{7, {16.8, 5.6}, {2.8}}, WindowCase{28, {13.44, 5.6}, {2.8, 2.8 / 3}},
        WindowCase{30, {14.4, 6}, {3, 1}}, WindowCase{90, {21.6, 10.8}, {4.5, 1.5}}}) {
    const RuleFile file = sloth_rules(spec_over(wanted.days * kDayMs));
    const auto alerts = rules_named(file, "ErrorBudgetBurn");
    REQUIRE(alerts.size() == 2);
    CHECK(alerts[0].labels.at("sloth_severity") == "page");
    CHECK(alerts[1].labels.at("sloth_severity") == "ticket");
    const auto check = [](const std::string& expr, const std::vector<double>& burns) {
      const auto found = thresholds(expr);
      REQUIRE(found.size() == 2 * burns.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        CHECK(found[i] / kBudget == doctest::Approx(burns[i / 2]).epsilon(kExact));
      }
    };
    check(alerts[0].expr, wanted.page);
    check(alerts[1].expr, wanted.ticket);
  }
}

TEST_CASE("Sloth's own percents for 7 d come out as its factors") {
  slo::SloSpec spec = spec_over(7 * kDayMs);
  spec.alert_rows = {{slo::kHourMs, 5 * slo::kMinuteMs, 80'000, slo::Severity::kPage},
                     {6 * slo::kHourMs, 30 * slo::kMinuteMs, 125'000, slo::Severity::kPage},
                     {kDayMs, 2 * slo::kHourMs, 200'000, slo::Severity::kTicket},
                     {3 * kDayMs, 6 * slo::kHourMs, 420'000, slo::Severity::kTicket}};
  const auto alerts = rules_named(sloth_rules(spec), "ErrorBudgetBurn");
  const auto page = thresholds(alerts.at(0).expr);
  const auto ticket = thresholds(alerts.at(1).expr);
  CHECK(page.at(0) / kBudget == doctest::Approx(13.44).epsilon(kExact));
  CHECK(page.at(2) / kBudget == doctest::Approx(3.5).epsilon(kExact));
  CHECK(ticket.at(0) / kBudget == doctest::Approx(1.4).epsilon(kExact));
  CHECK(ticket.at(2) / kBudget == doctest::Approx(0.98).epsilon(kExact));
}

TEST_CASE("Sloth's records have its names in Prometheus' spelling, and 30d whatever the window") {
  const RuleFile file = sloth_rules(spec_over(28 * kDayMs));
  for (const char* name :
       {"slo:sli_error:ratio_rate5m", "slo:sli_error:ratio_rate30m", "slo:sli_error:ratio_rate1h",
        "slo:sli_error:ratio_rate2h", "slo:sli_error:ratio_rate6h", "slo:sli_error:ratio_rate1d",
        "slo:sli_error:ratio_rate3d", "slo:sli_error:ratio_rate4w", "slo:sli_error:ratio_rate30d",
        "slo:objective:ratio", "slo:error_budget:ratio", "slo:time_period:days",
        "slo:current_burn_rate:ratio", "slo:period_burn_rate:ratio",
        "slo:period_error_budget_remaining:ratio", "sloth_slo_info"}) {
    CAPTURE(name);
    const auto rules = rules_named(file, name);
    REQUIRE(rules.size() == 1);
    CHECK(rules[0].labels.at("sloth_id") == "shop-website");
    CHECK(rules[0].labels.at("sloth_service") == "shop");
    CHECK(rules[0].labels.at("sloth_slo") == "website");
  }
  CHECK(rules_named(file, "slo:sli_error:ratio_rate4w")[0].labels.at("sloth_window") == "4w");
  CHECK(rules_named(file, "slo:time_period:days")[0].expr == "vector(28)");
  CHECK(rules_named(file, "slo:period_burn_rate:ratio")[0].expr.contains("ratio_rate4w{"));
  CHECK(rules_named(file, "slo:error_budget:ratio")[0].expr == "vector(0.0001)");
  CHECK(rules_named(file, "sloth_slo_info")[0].labels.at("sloth_objective") == "99.99");
}

TEST_CASE("Pyrra's windows, factors and times to exhaustion are its table's") {
  struct WindowCase {
    int days;
    std::vector<std::string> windows;  // long/short/exhaustion
  };
  for (const WindowCase& wanted :
       {WindowCase{28, {"1h/5m/2d", "6h/30m/4d", "1d/2h/2w", "4d/6h/4w"}},
        WindowCase{30,
                   {"1h4m/5m/2d3h25m42s857ms", "6h26m/32m/4d6h51m25s714ms", "1d1h43m/2h9m/15d",
                    "4d6h51m/6h26m/30d"}},
        WindowCase{7, {"15m/1m/12h", "1h30m/8m/1d", "6h/30m/3d12h", "1d/1h30m/1w"}},
        WindowCase{90,
                   {"3h13m/16m/6d10h17m8s571ms", "19h17m/1h36m/12d20h34m17s142ms",
                    "3d5h9m/6h26m/45d", "12d20h34m/19h17m/90d"}}}) {
    CAPTURE(wanted.days);
    const auto alerts =
        rules_named(pyrra_rules(spec_over(wanted.days * kDayMs)), "ErrorBudgetBurn");
    REQUIRE(alerts.size() == 4);
    constexpr double kFactors[] = {14, 7, 2, 1};
    for (std::size_t i = 0; i < 4; ++i) {
      const Labels& labels = alerts[i].labels;
      CHECK(labels.at("long") + "/" + labels.at("short") + "/" + labels.at("exhaustion") ==
            wanted.windows[i]);
      CHECK(labels.at("severity") == (i < 2 ? "critical" : "warning"));
      for (const double found : thresholds(alerts[i].expr)) {
        CHECK(found / kBudget == doctest::Approx(kFactors[i]).epsilon(kExact));
      }
    }
    CHECK(alerts[0].expr.contains(":burnrate" + alerts[0].labels.at("short") + "{"));
  }
}

TEST_CASE("Pyrra's generic rules and its alert on absence are tied to the objective") {
  const RuleFile file = pyrra_rules(spec_over(28 * kDayMs, {990'000'000}));
  CHECK(rules_named(file, "pyrra_objective").at(0).expr == "vector(0.99)");
  CHECK(rules_named(file, "pyrra_window").at(0).expr == "vector(2419200)");
  for (const char* name : {"pyrra_availability", "pyrra_requests:rate5m", "pyrra_errors:rate5m"}) {
    CHECK(rules_named(file, name).at(0).labels.at("slo") == "shop-website");
  }
  CHECK(rules_named(file, "SLOMetricAbsent").at(0).wait == "10m");
  CHECK(rules_named(pyrra_rules(spec_over(28 * kDayMs)), "SLOMetricAbsent").at(0).wait == "2m");
  const auto waits = rules_named(file, "ErrorBudgetBurn");
  CHECK(waits.at(0).wait == "2m");
  CHECK(waits.at(1).wait == "15m");
  CHECK(waits.at(2).wait == "1h");
  CHECK(waits.at(3).wait == "3h");
}

TEST_CASE("what is configured for pages and for tickets stands on Pyrra's alerts, and on Sloth's") {
  slo::SloSpec spec = spec_over(30 * kDayMs);
  spec.labels = {{"team", "web"}};
  spec.annotations = {{"runbook_url", "https://wiki/shop"}};
  spec.page_words = slo::AlertWords{{{"team", "on-call"}}, {{"runbook_url", "https://wiki/page"}}};
  spec.ticket_words = slo::AlertWords{{{"queue", "shop"}}, {}};
  for (const RuleFile& file : {pyrra_rules(spec), sloth_rules(spec)}) {
    for (const Rule& rule : rules_named(file, "ErrorBudgetBurn")) {
      const bool page = rule.labels.at("severity") == "critical";
      CHECK(rule.annotations.at("runbook_url") ==
            (page ? "https://wiki/page" : "https://wiki/shop"));
      CHECK(rule.labels.contains("queue") != page);
      if (page) CHECK(rule.labels.at("team") == "on-call");
    }
  }
  // Records are for pages and tickets alike.
  CHECK(rules_named(pyrra_rules(spec), "pyrra_objective").at(0).labels ==
        Labels{{"slo", "shop-website"}, {"team", "web"}});
  CHECK(rules_named(pyrra_rules(spec), "SLOMetricAbsent").at(0).labels.at("team") == "on-call");
}

TEST_CASE("an objective that does not page has no alerts of Pyrra's or Sloth's that do") {
  slo::SloSpec spec = spec_over(30 * kDayMs);
  std::erase_if(spec.alert_rows,
                [](const slo::AlertRow& row) { return row.severity == slo::Severity::kPage; });
  for (const RuleFile& file : {pyrra_rules(spec), sloth_rules(spec)}) {
    const auto alerts = rules_named(file, "ErrorBudgetBurn");
    CHECK_FALSE(alerts.empty());
    for (const Rule& rule : alerts) CHECK(rule.labels.at("severity") == "warning");
  }
  CHECK(rules_named(pyrra_rules(spec), "slo_state_seconds:burnrate5m").size() == 1);
}

TEST_CASE("where Pyrra's shortest window is no whole minute there are no burn alerts") {
  const RuleFile file = pyrra_rules(spec_over(kDayMs));
  CHECK(rules_named(file, "ErrorBudgetBurn").empty());
  CHECK(rules_named(file, "pyrra_availability").size() == 1);
}

}  // namespace
}  // namespace alerts
