#include "app/import.h"

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/doctest.h"

namespace app {
namespace {

struct Read {
  Import import;
  std::vector<std::string> said;
};

Read read(const std::string& text) {
  ConfigErrors errors;
  Read result;
  result.import = import_documents(YamlValue::parse_all(text, "f.yml", errors));
  result.said = errors.lines();
  return result;
}

bool says(const Read& read, std::string_view text) {
  return std::ranges::any_of(read.said,
                             [&](const std::string& line) { return line.contains(text); });
}

using Sli = std::vector<std::pair<std::string, std::string>>;

constexpr char kSloth[] = R"(
version: prometheus/v1
service: shop
labels: {owner: web}
slos:
  - name: requests
    objective: 99.9
    description: Requests are answered.
    labels: {tier: "1"}
    sli: {events: {error_query: 'bad[{{.window}}]', total_query: 'all[{{.window}}]'}}
    alerting:
      name: ShopErrors
      labels: {category: availability}
      annotations: {runbook_url: https://wiki/shop}
      page_alert: {labels: {severity: pager}, annotations: {runbook_url: https://wiki/page}}
      ticket_alert: {disable: true}
)";

TEST_CASE("Sloth's own file comes over whole, but for the name of its alert") {
  const Read found = read(kSloth);
  REQUIRE(found.import.slos.size() == 1);
  const ImportedSlo& slo = found.import.slos[0];
  CHECK(slo.service == "shop");
  CHECK(slo.name == "requests");
  CHECK(slo.objective == "99.9");
  CHECK(slo.window == "30d");
  CHECK(slo.labels == std::map<std::string, std::string>{{"owner", "web"}, {"tier", "1"}});
  CHECK(slo.kind == "events");
  CHECK(slo.sli == Sli{{"bad", "bad[{{.window}}]"}, {"total", "all[{{.window}}]"}});
  CHECK(slo.page_words ==
        slo::AlertWords{{{"severity", "pager"}}, {{"runbook_url", "https://wiki/page"}}});
  CHECK(slo.alert_labels.at("category") == "availability");
  CHECK(slo.annotations.at("runbook_url") == "https://wiki/shop");
  CHECK(slo.no_ticket);
  CHECK(!slo.no_page);
  REQUIRE(found.said.size() == 1);
  CHECK(found.said[0] ==
        "f.yml:12: slos[0].alerting.name: alerts are called SLOBurnPage and SLOBurnTicket; the "
        "name is not kept");
}

TEST_CASE("Sloth's resource spells its keys otherwise and means the same") {
  const Read found = read(R"(
apiVersion: sloth.slok.dev/v1
kind: PrometheusServiceLevel
metadata: {name: x, namespace: y}
spec:
  service: shop
  slos:
    - name: requests
      objective: 99.9
      sli: {events: {errorQuery: b, totalQuery: t}}
      alerting: {pageAlert: {disable: true}}
)");
  CHECK(found.said.empty());
  REQUIRE(found.import.slos.size() == 1);
  CHECK(found.import.slos[0].sli == Sli{{"bad", "b"}, {"total", "t"}});
  CHECK(found.import.slos[0].no_page);
}

TEST_CASE("what Sloth has and we have not is named") {
  const Read found = read(R"(
version: prometheus/v1
service: shop
slos:
  - name: a
    objective: 99
    sli: {plugin: {id: some/plugin, options: {x: y}}}
  - name: b
    objective: 99
    sli: {raw: {error_ratio_query: r}}
  - name: c
    objective: 99
    colour: red
    sli: {events: {error_query: b, total_query: t}}
)");
  CHECK(says(found, "slos[0].sli.plugin: the plugin 'some/plugin' cannot be imported"));
  CHECK(says(found, "slos[1].sli.raw: a ratio without counts"));
  CHECK(says(found, "slos[2].colour: unknown key"));
}

TEST_CASE("Sloth's alert windows are a catalogue") {
  const Read found = read(R"(
apiVersion: sloth.slok.dev/v1
kind: AlertWindows
spec:
  sloPeriod: 7d
  page:
    quick: {errorBudgetPercent: 8, shortWindow: 5m, longWindow: 1h}
    slow: {errorBudgetPercent: 12.5, shortWindow: 30m, longWindow: 6h}
  ticket:
    quick: {errorBudgetPercent: 20, shortWindow: 2h, longWindow: 1d}
    slow: {errorBudgetPercent: 42, shortWindow: 6h, longWindow: 3d}
)");
  CHECK(found.said.empty());
  const auto& rows = found.import.catalogues.at("7d");
  REQUIRE(rows.size() == 4);
  CHECK(rows[1].page);
  CHECK(rows[1].long_window == "6h");
  CHECK(rows[1].short_window == "30m");
  CHECK(rows[1].budget == "12.5%");
  CHECK(!rows[2].page);
}

std::string pyrra(const std::string& indicator, const std::string& more = "") {
  return R"(
apiVersion: pyrra.dev/v1alpha1
kind: ServiceLevelObjective
metadata: {name: errors, namespace: mon, labels: {pyrra.dev/team: web, app: x}}
spec:
  target: "99.5"
  window: 4w
  indicator: )" +
         indicator + "\n" + more;
}

TEST_CASE("Pyrra's indicators become counters, histograms and thresholds") {
  const Read ratio =
      read(pyrra("{ratio: {errors: {metric: 'e{code=~\"5..\"}'}, total: {metric: t}}}"));
  CHECK(ratio.said.empty());
  REQUIRE(ratio.import.slos.size() == 1);
  const ImportedSlo& slo = ratio.import.slos[0];
  CHECK(slo.objective == "99.5");
  CHECK(slo.window == "4w");
  CHECK(slo.labels == std::map<std::string, std::string>{{"team", "web"}});
  CHECK(slo.sli == Sli{{"bad", "e{code=~\"5..\"}"}, {"total", "t"}});

  const Read latency = read(pyrra("{latency: {success: {metric: s}, total: {metric: t}}}"));
  CHECK(latency.import.slos.at(0).sli.at(0) == std::pair<std::string, std::string>{"good", "s"});

  const Read native = read(pyrra("{latencyNative: {latency: 400ms, total: {metric: h}}}"));
  CHECK(native.said.empty());
  CHECK(native.import.slos.at(0).kind == "latency");
  CHECK(native.import.slos.at(0).sli == Sli{{"histogram", "h"}, {"threshold", "400ms"}});

  const Read gauge = read(pyrra("{bool_gauge: {metric: up}}", "  alerting: {absent: true}\n"));
  CHECK(gauge.import.slos.at(0).kind == "threshold");
  CHECK(gauge.import.slos.at(0).sli == Sli{{"metric", "up"}, {"op", "gte"}, {"value", "1"}});
  CHECK(gauge.import.slos.at(0).no_data_severity == "page");
}

TEST_CASE("Pyrra's grouping is refused by name") {
  CHECK(says(read(pyrra("{ratio: {errors: {metric: e}, total: {metric: t}, grouping: [handler]}}")),
             "ratio.grouping: one objective per group cannot be imported"));
}

constexpr char kOpenSlo[] = R"(
apiVersion: openslo/v1
kind: SLO
metadata: {name: availability, displayName: Available, labels: {team: [web, ops]}}
spec:
  service: shop
  indicatorRef: requests
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: RatioTimeslices
  objectives:
    - {target: 0.9995, timeSliceWindow: 5}
    - {targetPercent: 99.9, timeSliceWindow: 1h}
  alertPolicies: [{alertPolicyRef: policy}]
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: policy}
spec:
  alertWhenNoData: true
  conditions: [{conditionRef: fast}]
  notificationTargets: [{targetRef: oncall}]
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: {name: fast}
spec: {severity: page, condition: {kind: burnrate, op: lte, threshold: 2, lookbackWindow: 1h}}
---
apiVersion: openslo/v1
kind: SLI
metadata: {name: requests}
spec:
  ratioMetric:
    counter: true
    bad: {metricSource: {metricSourceRef: main, spec: {query: 'bad_total'}}}
    total: {metricSource: {metricSourceRef: main, spec: {query: 'sum(rate(all_total[{{.window}}]))'}}}
---
apiVersion: openslo/v1
kind: DataSource
metadata: {name: main}
spec: {type: Prometheus, connectionDetails: {url: http://prometheus:9090}}
)";

TEST_CASE("OpenSLO's documents are found wherever they stand, several objectives are several") {
  const Read found = read(kOpenSlo);
  REQUIRE(found.import.slos.size() == 2);
  const ImportedSlo& slo = found.import.slos[0];
  CHECK(slo.name == "availability-1");
  CHECK(slo.description == "Available");
  CHECK(slo.objective == "99.95");
  CHECK(slo.window == "28d");
  CHECK(slo.budgeting_method == "ratio_timeslices");
  CHECK(slo.timeslice_window == "5m");
  CHECK(found.import.slos[1].timeslice_window == "1h");
  CHECK(found.import.slos[1].objective == "99.9");
  CHECK(slo.labels.at("team") == "web,ops");
  CHECK(slo.source == "main");
  CHECK(slo.sli == Sli{{"bad", "sum(increase(bad_total[{{.window}}]))"},
                       {"total", "sum(rate(all_total[{{.window}}]))"}});
  CHECK(slo.no_data_severity == "page");
  CHECK(slo.alert_labels.at("notify") == "oncall");
  REQUIRE(found.import.sources.size() == 1);
  CHECK(found.import.sources[0].url == "http://prometheus:9090");
  CHECK(says(found, "condition.op: alerts when little burns"));
  CHECK(says(found, "spec.condition: a burn rate over one window is not imported"));
}

std::string openslo(const std::string& spec) {
  return "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: a}\nspec:\n  service: s\n" + spec;
}

TEST_CASE("OpenSLO's windows: a month, a calendar month, and a minute that was meant as a month") {
  const std::string rest =
      "  indicator: {spec: {ratioMetric: {good: {metricSource: {type: Prometheus, spec: {query: "
      "g}}},"
      " total: {metricSource: {spec: {query: t}}}}}}\n  objectives: [{target: 0.99}]\n";
  CHECK(read(openslo("  timeWindow: [{duration: 1M, isRolling: true}]\n" + rest))
            .import.slos.at(0)
            .window == "30d");
  const Read calendar = read(openslo(
      "  timeWindow: [{duration: 1Q, isRolling: false, calendar: {startTime: 2026-01-01 00:00:00, "
      "timeZone: Europe/Berlin}}]\n" +
      rest));
  CHECK(calendar.import.slos.at(0).calendar == "quarter");
  CHECK(calendar.import.slos.at(0).timezone == "Europe/Berlin");
  CHECK(says(read(openslo("  timeWindow: [{duration: 1m, isRolling: true}]\n" + rest)),
             "timeWindow[0].duration: m is minutes; a month is written as 1M"));
  CHECK(says(read(openslo("  timeWindow: [{duration: 2w, isRolling: false}]\n" + rest)),
             "only one week, month, quarter or year"));
}

TEST_CASE("a threshold takes its comparison from the objective, a ratio takes none") {
  const Read found =
      read(openslo("  indicator: {spec: {thresholdMetric: {metricSource: {type: Prometheus, spec: "
                   "{query: q}}}}}\n"
                   "  objectives: [{target: 0.99, op: lte, value: 5}]\n"));
  CHECK(found.import.slos.at(0).kind == "threshold");
  CHECK(found.import.slos.at(0).sli == Sli{{"query", "q"}, {"op", "lte"}, {"value", "5"}});
  CHECK(says(read(openslo(
                 "  indicator: {spec: {ratioMetric: {good: {metricSource: {spec: {query: g}}}}}}\n"
                 "  objectives: [{target: 0.99, op: lte}]\n")),
             "op: a ratio is not compared"));
}

TEST_CASE("references to nothing, other data sources and composites are named") {
  CHECK(says(read(openslo("  indicatorRef: gone\n  objectives: [{target: 0.9}]\n")),
             "refers to SLI 'gone', which is in none of the files"));
  CHECK(says(read(openslo("  indicator: {spec: {ratioMetric: {good: {metricSource: {type: Datadog, "
                          "spec: {query: g}}}}}}\n  objectives: [{target: 0.9}]\n")),
             "data of the type 'Datadog' cannot be imported"));
  CHECK(says(read(openslo("  objectives: [{target: 0.9, compositeWeight: 1}]\n")),
             "objectives made of several indicators"));
}

TEST_CASE("v2alpha and v1alpha name the same things otherwise") {
  const Read second = read(R"(
apiVersion: openslo.com/v2alpha
kind: SLO
metadata: {name: new}
spec:
  serviceRef: shop
  sli: {spec: {ratioMetric: {good: {dataSourceSpec: {type: Prometheus}, spec: {query: g}}, total: {spec: {query: t}}}}}
  timeWindow: [{duration: 4w, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.999}]
)");
  CHECK(second.said.empty());
  CHECK(second.import.slos.at(0).service == "shop");
  CHECK(second.import.slos.at(0).sli.at(0).second == "sum(increase(g[{{.window}}]))");
  const Read first = read(R"(
apiVersion: openslo/v1alpha
kind: SLO
metadata: {name: old}
spec:
  service: shop
  timeWindows: [{unit: Day, count: 28, isRolling: true}]
  budgetingMethod: Occurrences
  objectives:
    - target: 0.98
      ratioMetrics:
        incremental: true
        good: {source: prometheus, queryType: promql, query: ok_total}
        total: {source: prometheus, queryType: promql, query: all_total}
)");
  CHECK(first.said.empty());
  CHECK(first.import.slos.at(0).window == "28d");
  CHECK(first.import.slos.at(0).objective == "98");
  CHECK(first.import.slos.at(0).sli.at(1).second == "sum(increase(all_total[{{.window}}]))");
}

TEST_CASE("shares become percent as decimals, never through doubles") {
  CHECK(percent_of_ratio("0.9999") == "99.99");
  CHECK(percent_of_ratio("0.95") == "95");
  CHECK(percent_of_ratio("0.9") == "90");
  CHECK(percent_of_ratio("0.07") == "7");
  CHECK(percent_of_ratio("0.9999999") == "99.99999");
  CHECK(percent_of_ratio("1") == "100");
  for (const char* bad : {"", "x", "0.9x", "-0.5", "1e-3", ".5"})
    CHECK(percent_of_ratio(bad) == "");
}

TEST_CASE("other files are refused, one line each") {
  const Read found = read("a: b\n---\nversion: 2\n---\n- 1\n");
  CHECK(found.import.slos.empty());
  CHECK(says(found, "f.yml:1: is no objective of Sloth, Pyrra or OpenSLO"));
  CHECK(says(found, "f.yml:3: is no objective"));
  CHECK(says(read("a: [b"), ": YAML: "));
}

TEST_CASE("whatever the names and texts are, the text is readable and says the same") {
  Import import;
  ImportedSlo slo;
  slo.name = "a";
  slo.labels = {{"a: b", "- c"}, {"#", "line\nline"}, {"t\tu", " x\n y \n"}, {"yes", "{{ z }}"}};
  add(import, slo);
  ConfigErrors errors;
  const auto root = YamlValue::parse(import_text(import), "f.yml", errors);
  REQUIRE(root.has_value());
  const YamlValue item = YamlMap(*root).take("slos")->list()->front();
  CHECK(YamlMap(item).take("labels")->text_map() == slo.labels);
}

TEST_CASE("the text is the configuration's") {
  CHECK(import_text(read(kSloth).import) == R"(sources:
  - name: "prom"
    type: "prometheus"
    url: "http://127.0.0.1:9090"
slos:
  - name: "requests"
    service: "shop"
    description: "Requests are answered."
    objective: "99.9"
    window: "30d"
    sli:
      events:
        source: "prom"
        bad: "bad[{{.window}}]"
        total: "all[{{.window}}]"
    labels:
      owner: "web"
      tier: "1"
    alerting:
      page_alert:
        labels:
          severity: "pager"
        annotations:
          runbook_url: "https://wiki/page"
      ticket_alert:
        disable: "true"
      labels:
        category: "availability"
      annotations:
        runbook_url: "https://wiki/shop"
)");
}

}  // namespace
}  // namespace app
