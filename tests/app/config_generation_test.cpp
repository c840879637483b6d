// Which changes of the configuration keep the record of an objective, and which begin another, for
// every kind of SLI. The record goes by the generation of the spec.
#include <string>
#include <utility>
#include <vector>

#include "app/config.h"
#include "tests/support/doctest.h"

namespace app {
namespace {

// Every kind has something of each sort.
struct Kind {
  std::string base;                  // keys of the objective beside its name
  std::vector<std::string> keeping;  // the same with something else in it
  std::vector<std::string> beginning;
};

std::uint64_t generation(const std::string& slo, const std::string& rest = "") {
  ConfigErrors errors;
  const auto config = load_config("slos: [{name: a, " + slo +
                                      "}, {name: uplink, objective: 9, probe: 'http://u/'}]\n" +
                                      "sources: [{name: prom, url: 'http://p:9090'}, {name: other, "
                                      "url: 'http://o:9090'}]\n" +
                                      rest,
                                  "f.yml", errors);
  for (const std::string& line : errors.lines()) MESSAGE(slo, ": ", line);
  REQUIRE(config);
  return config->slos[0].spec->generation;
}

std::string threshold(const std::string& keys, const std::string& target = "95",
                      const std::string& window = "1m") {
  return "budgeting_method: timeslices, timeslice_window: " + window +
         ", timeslice_target: " + target + ", sli: {threshold: {" + keys + "}}";
}

std::vector<Kind> kinds() {
  return {
      {"sli: {probe: {http: 'http://a/'}}",
       {"probe: 'http://a/'", "sli: {probe: {http: 'http://a/', interval: 1s, timeout: 500ms}}",
        "sli: {probe: {http: 'http://a/', failures: 3, successes: 2}}",
        "sli: {probe: {http: 'http://a/', expect: {status: [3xx, 2xx]}}}",
        "budgeting_method: time, sli: {probe: {http: 'http://a/'}}"},
       {"probe: 'http://b/'", "sli: {probe: {http: 'http://a/', expect: {status: [200]}}}",
        "sli: {probe: {http: 'http://a/', expect: {body_contains: ok}}}",
        "sli: {probe: {http: 'http://a/', method: HEAD}}", "sli: {probe: {tcp: 'a:80'}}",
        "budgeting_method: occurrences, probe: 'http://a/'", "sli: {host: up}"}},
      {"sli: {container: {name: db}}",
       {"sli: {container: db}", "sli: {container: {name: db, states: [running], healthy: true}}"},
       {"sli: {container: {name: web}}", "sli: {container: {name: db, states: [running, paused]}}",
        "sli: {container: {name: db, healthy: false}}", "sli: {container: {compose_service: db}}",
        "sli: {container: {labels: {tier: db}}}",
        "sli: {container: {name: db, labels: {tier: db}}}",
        "sli: {container: {cgroup: /db.slice/*}}"}},
      {threshold("metric: lag, op: lte, value: 9"),
       {threshold("metric: 'lag', op: 'lte', value: 9"),
        threshold("op: lte, value: 9, metric: lag, interval: 15s")},
       {threshold("metric: lag, op: lt, value: 9"), threshold("metric: lag, op: lte, value: 8"),
        threshold("metric: 'lag{a=\"b\"}', op: lte, value: 9"),
        threshold("metric: lag, op: lte, value: 9, absent: bad"),
        threshold("metric: lag, op: lte, value: 9", "99"),
        threshold("metric: lag, op: lte, value: 9", "95", "2m"),
        threshold("source: prom, metric: lag, op: lte, value: 9"),
        "sli: {threshold: {metric: lag, op: lte, value: 9}}", "sli: {gauge: lag}",
        "budgeting_method: ratio_timeslices, timeslice_window: 1m, sli: {threshold: {metric: lag, "
        "op: lte, value: 9}}"}},
      {"sli: {events: {source: prom, bad: x, total: y}}",
       {"budgeting_method: occurrences, sli: {events: {total: y, bad: x, source: prom}}"},
       {"sli: {events: {source: prom, bad: z, total: y}}",
        "sli: {events: {source: prom, bad: x, total: z}}",
        "sli: {events: {source: prom, good: x, total: y}}",
        "sli: {events: {source: other, bad: x, total: y}}", "sli: {events: {bad: x, total: y}}",
        "sli: {events: {source: prom, bad: x, total: y, no_events: bad}}",
        "budgeting_method: ratio_timeslices, timeslice_window: 1m, sli: {events: {source: prom, "
        "bad: x, total: y}}"}},
      {"sli: {latency: {histogram: h, threshold: 400ms}}",
       {"sli: {latency: {threshold: 400ms, histogram: 'h'}}"},
       {"sli: {latency: {histogram: h, threshold: 500ms}}",
        "sli: {latency: {histogram: g, threshold: 400ms}}",
        "sli: {latency: {source: prom, histogram: h, threshold: 400ms}}"}},
  };
}

}  // namespace

TEST_CASE("another idea of what is good begins a record, another way to write it does not") {
  for (const Kind& kind : kinds()) {
    CAPTURE(kind.base);
    const std::uint64_t base = generation("objective: 99, " + kind.base);
    for (const std::string& slo : kind.keeping) {
      CAPTURE(slo);
      CHECK(generation("objective: 99, " + slo) == base);
    }
    for (const std::string& slo : kind.beginning) {
      CAPTURE(slo);
      CHECK(generation("objective: 99, " + slo) != base);
    }
  }
}

TEST_CASE("what is demanded of it, who is told and what is laid over it keep the record") {
  for (const Kind& kind : kinds()) {
    CAPTURE(kind.base);
    const std::uint64_t base = generation("objective: 99, " + kind.base);
    for (const char* more :
         {"objective: 99.9", "objectives: [{objective: 99}]", "objective: 99, window: 7d",
          "objective: 99, window: {calendar: month, timezone: Europe/Berlin}",
          "objective: 99, labels: {team: a}", "objective: 99, description: x",
          "objective: 99, merge_gap: 5m", "objective: 99, dependencies: [uplink]",
          "objective: 99, alerting: {min_failures: 5, page_alert: {disable: true}, no_data: "
          "{after: 7m}}"}) {
      CAPTURE(more);
      CHECK(generation(std::string(more) + ", " + kind.base) == base);
    }
    for (const char* rest :
         {"maintenance: [{name: m, start: '02:00', duration: 30m, every: [tue]}]",
          "exclusions: [{slos: [a], from: 2026-03-01T10:00:00Z, to: 2026-03-01T11:00:00Z, reason: "
          "r}]",
          "error_budget_policy: [{remaining_below: 10%, message: m}]",
          "alert_windows: [{window: 30d, page: [{long: 1h, short: 5m, budget: 1%}]}]",
          "alerting: {alertmanagers: [{url: 'http://a:9093'}]}", "container_slos: false"}) {
      CAPTURE(rest);
      CHECK(generation("objective: 99, " + kind.base, rest) == base);
    }
  }
}

}  // namespace app
