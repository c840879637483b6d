// Windows, overlays, dependencies, several objectives, and the configuration shown with its
// defaults.
#include <algorithm>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/config_show.h"
#include "tests/support/doctest.h"

namespace app {
namespace {

std::optional<Config> load(const std::string& text, std::vector<std::string>* lines = nullptr) {
  ConfigErrors errors;
  auto config = load_config(text, "f.yml", errors);
  if (lines != nullptr) *lines = errors.lines();
  return config;
}

const slo::SloSpec& spec_of(const Config& config, const std::string& name) {
  for (const ConfiguredSlo& configured : config.slos) {
    if (configured.spec->name == name) return *configured.spec;
  }
  throw std::runtime_error("no objective " + name);
}

constexpr char kEverything[] = R"(version: 1
defaults: {window: {calendar: month, timezone: Europe/Berlin}, probe: {interval: 10s}, labels: {owner: ops}}
slos:
  - name: website
    service: shop
    objective: 99.99
    probe: http://127.0.0.1:1/
    dependencies: [uplink, host-up]
  - name: uplink
    objective: 99.9
    window: 28d
    sli: {probe: {http: "http://127.0.0.1:2/x%20y", failures: 3, expect: {status: [2xx, 404]}}}
    alerting: {min_failures: 5, page_alert: {disable: true}, annotations: {runbook_url: "https://w/\"x\""}, ticket_alert: {labels: {queue: slow}, annotations: {note: "a: b"}}, no_data: {after: 7m, severity: page}}
  - name: api
    objectives: [{name: fast, objective: 99.9}, {objective: 99.5, window: {calendar: year, anchor: 2026-04-01}}]
    probe: http://127.0.0.1:3/
    merge_gap: 0s
maintenance:
  - {name: nightly, start: "02:30", duration: 30m, every: [tue, sat], timezone: Europe/Berlin, slos: ["shop/*"], counts_as: up}
  - {name: monthly, start: "04:00:30", duration: 1h, rrule: "FREQ=MONTHLY;INTERVAL=2;BYDAY=1TU;COUNT=5", first: 2026-02-01}
  - {name: move, from: 2026-03-01T10:00:00Z, to: 2026-03-01T12:30:00+01:00, slos: [uplink]}
exclusions:
  - {slos: [website, uplink], from: 2026-03-01T10:00:00Z, to: 2026-03-01T10:12:00.5Z, reason: "provider: \"down\""}
error_budget_policy:
  - {remaining_below: 0%, message: Freeze, alert: page}
  - {remaining_below: 12.5%, message: Careful}
alert_windows:
  - {window: 28d, page: [{long: 1h, short: 5m, budget: 2.5%}], ticket: [{long: 3d, budget: 10%}]}
)";

}  // namespace

TEST_CASE("everything about windows and overlays reaches the objectives it names") {
  std::vector<std::string> lines;
  const auto config = load(kEverything, &lines);
  for (const std::string& line : lines) MESSAGE(line);
  REQUIRE(config);
  const slo::SloSpec& uplink = spec_of(*config, "uplink");
  CHECK(uplink.no_data == slo::Rare<slo::NoData>({420'000, slo::Severity::kPage}));
  REQUIRE(uplink.ticket_words);
  CHECK(*uplink.ticket_words == slo::AlertWords{{{"queue", "slow"}}, {{"note", "a: b"}}});
  CHECK_FALSE(uplink.page_words);
  const slo::SloSpec& website = spec_of(*config, "website");
  REQUIRE(website.calendar);
  CHECK(website.calendar->unit == slo::CalendarUnit::kMonth);
  CHECK(website.calendar->zone.name() == "Europe/Berlin");
  CHECK(website.window_label == "month");
  CHECK(website.dependencies.all() ==
        std::vector<slo::SloSpec::Name>{{"uplink", "uplink"}, {"host", "host-up"}});
  REQUIRE(website.maintenance.size() == 2);
  CHECK(website.maintenance[0]->counts_as_up);
  CHECK(website.maintenance[0]->start_ms == 9'000'000);
  CHECK(website.exclusions.size() == 1);
  CHECK(website.policy.size() == 2);
  CHECK(website.policy[0].below_ppm == 125'000);
  CHECK(slo::policy_in_force(website, 0.1)->message == "Careful");
  CHECK(slo::policy_in_force(website, -0.1)->message == "Freeze");
  CHECK(slo::policy_in_force(website, 0.5) == nullptr);

  CHECK(!uplink.calendar);
  REQUIRE(uplink.alert_rows.size() == 1);  // the catalogue's, less the page row
  CHECK(uplink.alert_rows[0].long_ms == 3 * slo::kDayMs);
  CHECK(uplink.alert_rows[0].short_ms == 6 * slo::kHourMs);
  REQUIRE(uplink.maintenance.size() == 2);
  CHECK(uplink.maintenance[1]->once->length_ms() == 90 * slo::kMinuteMs);
  CHECK(spec_of(*config, "host-up").maintenance.size() == 1);

  const slo::SloSpec& fast = spec_of(*config, "api-fast");
  const slo::SloSpec& second = spec_of(*config, "api-2");
  CHECK(fast.generation == second.generation);
  CHECK(fast.service == "api");
  CHECK(second.calendar->anchor == slo::CivilDay{2026, 4, 1});
  const auto first = std::ranges::find_if(
      config->slos, [](const auto& configured) { return configured.spec->name == "api-fast"; });
  REQUIRE(first->probe);
  CHECK(std::next(first)->follows == static_cast<std::size_t>(first - config->slos.begin()));
  CHECK(!std::next(first)->probe);
}

TEST_CASE("own series are judged by slices or sample by sample") {
  const auto config = load(R"(slos:
  - {name: queue, objective: 99.5, budgeting_method: timeslices, timeslice_window: 2m, timeslice_target: 95, sli: {threshold: {metric: 'lag{topic="a"}', op: lte, value: 1000, absent: bad, interval: 30s}}}
  - {name: open, objectives: [{objective: 99}, {objective: 90}], sli: {gauge: shop_open}}
  - {name: fast, objective: 99, budgeting_method: timeslices, timeslice_target: 99, sli: {latency: {histogram: 'h{j="x"}', threshold: 400ms, no_events: good}}}
)");
  REQUIRE(config);
  REQUIRE(config->slos.size() == 5);
  const slo::SeriesSpec& queue = config->slos[0].series->spec;
  CHECK(queue.slice_ms == 120'000);
  CHECK(queue.interval_ms == 30'000);
  CHECK(queue.target_ppb == 950'000'000);
  CHECK(queue.when_absent == slo::WhenAbsent::kBad);
  CHECK(config->slos[0].spec->interval_ms == 120'000);
  CHECK(config->slos[1].series);
  CHECK(config->slos[2].follows == 1U);
  CHECK(config->slos[1].series->spec.comparison == slo::Comparison::kNot);
  const slo::SeriesSpec& fast = config->slos[3].series->spec;
  CHECK(fast.part->name() == "h_bucket");
  CHECK(fast.part_bound == 0.4);
  CHECK(fast.total->name() == "h_count");
  // The order of keys and what is default anyway mean nothing.
  const auto same = load(R"(slos:
  - {sli: {threshold: {interval: 30s, absent: bad, value: 1000, op: lte, metric: 'lag{topic="a"}'}}, objective: 90, name: queue, timeslice_target: 95, timeslice_window: 2m, budgeting_method: timeslices}
)");
  REQUIRE(same);
  CHECK(same->slos[0].spec->generation == config->slos[0].spec->generation);
  const auto other = load(R"(slos:
  - {name: queue, objective: 99.5, budgeting_method: timeslices, timeslice_window: 2m, timeslice_target: 96, sli: {threshold: {metric: 'lag{topic="a"}', op: lte, value: 1000, absent: bad, interval: 30s}}}
)");
  REQUIRE(other);
  CHECK(other->slos[0].spec->generation != config->slos[0].spec->generation);
  const auto shown = load(shown_config(*config));
  REQUIRE(shown);
  for (std::size_t i = 0; i < config->slos.size(); ++i) {
    CHECK(shown->slos[i].spec->generation == config->slos[i].spec->generation);
  }
}

TEST_CASE("events are counted, by themselves or by the ratios of slices") {
  const auto config = load(R"(slos:
  - {name: a, objective: 99.9, sli: {events: {bad: 'n{ok="n"}', total: n}}}
  - {name: b, objectives: [{objective: 99}, {objective: 90}], budgeting_method: ratio_timeslices, timeslice_window: 2m, sli: {latency: {histogram: h, threshold: 1s, no_events: good}}}
  - {name: c, objective: 99.9, budgeting_method: timeslices, timeslice_target: 99, sli: {events: {bad: 'n{ok="n"}', total: n}}}
)");
  REQUIRE(config);
  const slo::SloSpec& a = *config->slos[0].spec;
  CHECK(a.source == slo::SourceKind::kEvents);
  CHECK(a.budgeting == slo::BudgetingMethod::kOccurrences);
  CHECK(a.no_events == slo::NoEvents::kIgnore);
  CHECK(a.interval_ms == 15'000);
  CHECK(config->slos[0].series->spec.counted);
  for (const std::size_t i : {1U, 2U}) {
    const slo::SloSpec& b = *config->slos[i].spec;
    CHECK(b.budgeting == slo::BudgetingMethod::kRatioTimeslices);
    CHECK(b.no_events == slo::NoEvents::kGood);
    CHECK(b.interval_ms == 120'000);
  }
  CHECK(config->slos[3].spec->budgeting == slo::BudgetingMethod::kTime);
  CHECK_FALSE(config->slos[3].series->spec.counted);
  CHECK(a.generation != config->slos[3].spec->generation);
  const auto shown = load(shown_config(*config));
  REQUIRE(shown);
  for (std::size_t i = 0; i < config->slos.size(); ++i) {
    CHECK(shown->slos[i].spec->generation == config->slos[i].spec->generation);
    CHECK(shown->slos[i].spec->budgeting == config->slos[i].spec->budgeting);
  }
}

TEST_CASE("containers of the configuration have their rule, and begin anew with another one") {
  const auto config = load(R"(slos:
  - {name: db, objective: 99.95, sli: {container: {name: postgres, states: [running, paused], healthy: false}}}
  - {name: web, objective: 99, sli: {container: 'shop/web-*/web'}, dependencies: [db]}
  - {name: all, objectives: [{objective: 99}, {objective: 90}], sli: {container: {compose_service: api}}}
  - {name: tier, objective: 99, sli: {container: {labels: {"com.example/tier": "db-*"}, cgroup: "/shop.slice/*"}}}
)");
  REQUIRE(config);
  const ConfiguredSlo& db = config->slos[0];
  CHECK(db.spec->source == slo::SourceKind::kContainer);
  REQUIRE(db.container.has_value());
  CHECK(db.container->name == "postgres");
  CHECK(db.container->states == (slo::ContainerRule::bit(exporter::ContainerState::kRunning) |
                                 slo::ContainerRule::bit(exporter::ContainerState::kPaused)));
  CHECK_FALSE(db.container->healthy);
  CHECK(config->slos[1].container->name == "shop/web-*/web");
  CHECK(config->slos[2].container->compose_service == "api");
  CHECK(config->slos[3].container->compose_service == "api");
  CHECK(config->slos[4].container->labels.at("com.example/tier") == "db-*");
  CHECK(config->slos[4].container->cgroup == "/shop.slice/*");
  CHECK_FALSE(config->slos[5].container.has_value());
  CHECK(db.spec->generation != config->slos[1].spec->generation);
  const auto shown = load(shown_config(*config));
  REQUIRE(shown);
  for (std::size_t i = 0; i < config->slos.size(); ++i) {
    CHECK(shown->slos[i].spec->generation == config->slos[i].spec->generation);
    CHECK(shown->slos[i].container.has_value() == config->slos[i].container.has_value());
  }
}

TEST_CASE("samples and attempts are counted where that is asked for, which is another record") {
  const std::string text = R"(slos:
  - {name: a, objective: 99, METHOD, sli: {gauge: {metric: open, absent: bad}}}
  - {name: b, objective: 99, METHOD, probe: 'http://h/'}
  - {name: c, objective: 99, METHOD, sli: {threshold: {source: prom, metric: lag, op: lt, value: 9}}}
  - {name: d, objective: 99, budgeting_method: ratio_timeslices, timeslice_window: 1m, sli: {gauge: open}}
sources: [{name: prom, url: 'http://p:9090'}]
)";
  const auto with = [&](const std::string& method) {
    std::string copy = text;
    for (std::size_t at = 0; (at = copy.find("METHOD")) != std::string::npos;) {
      copy.replace(at, 6, "budgeting_method: " + method);
    }
    auto config = load(copy);
    REQUIRE(config);
    return *config;
  };
  const Config counted = with("occurrences");
  const Config timed = with("time");
  for (std::size_t i = 0; i < 3; ++i) {
    CAPTURE(i);
    CHECK(counted.slos[i].spec->budgeting == slo::BudgetingMethod::kOccurrences);
    CHECK(timed.slos[i].spec->budgeting == slo::BudgetingMethod::kTime);
    CHECK(counted.slos[i].spec->generation != timed.slos[i].spec->generation);
  }
  CHECK(counted.slos[0].spec->source == slo::SourceKind::kEvents);
  CHECK(counted.slos[0].series->spec.counted);
  CHECK(counted.slos[0].spec->no_events == slo::NoEvents::kIgnore);
  CHECK(counted.slos[1].spec->source == slo::SourceKind::kProbe);
  CHECK(counted.slos[2].series->record->counted);
  CHECK(counted.slos[3].spec->budgeting == slo::BudgetingMethod::kRatioTimeslices);
  const auto shown = load(shown_config(counted));
  REQUIRE(shown);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(shown->slos[i].spec->generation == counted.slos[i].spec->generation);
    CHECK(shown->slos[i].spec->budgeting == counted.slos[i].spec->budgeting);
  }
}

TEST_CASE("what is shown loads as the same configuration, and is then shown the same") {
  for (const std::string& text : {std::string(kEverything), std::string()}) {
    const auto config = load(text);
    REQUIRE(config);
    const std::string shown = shown_config(*config);
    CAPTURE(shown);
    std::vector<std::string> lines;
    const auto again = load(shown, &lines);
    for (const std::string& line : lines) MESSAGE(line);
    REQUIRE(again);
    REQUIRE(again->slos.size() == config->slos.size());
    for (std::size_t i = 0; i < config->slos.size(); ++i) {
      const slo::SloSpec& a = *config->slos[i].spec;
      const slo::SloSpec& b = *again->slos[i].spec;
      CAPTURE(a.name);
      CHECK(a.name == b.name);
      CHECK(a.service == b.service);
      CHECK(a.generation == b.generation);
      CHECK(a.objective == b.objective);
      CHECK(a.window_ms == b.window_ms);
      CHECK(a.calendar == b.calendar);
      CHECK(a.interval_ms == b.interval_ms);
      CHECK(a.timeout_ms == b.timeout_ms);
      CHECK(a.failures == b.failures);
      CHECK(a.merge_gap() == b.merge_gap());
      CHECK(a.min_failures == b.min_failures);
      CHECK(a.alert_rows == b.alert_rows);
      CHECK(a.labels == b.labels);
      CHECK(a.annotations == b.annotations);
      CHECK(a.dependencies == b.dependencies);
      CHECK(a.exclusions == b.exclusions);
      REQUIRE(a.maintenance.size() == b.maintenance.size());
      for (std::size_t m = 0; m < a.maintenance.size(); ++m) {
        CHECK(*a.maintenance[m] == *b.maintenance[m]);
      }
      CHECK(a.policy.size() == b.policy.size());
    }
  }
}

TEST_CASE("mistakes in windows and overlays are told with line and key") {
  struct Row {
    const char* text;
    const char* told;
  };
  const Row rows[] = {
      {"slos: [{name: a, objective: 99, probe: 'http://h/', window: {calendar: day}}]",
       "slos[0].window.calendar: must be week, month, quarter or year"},
      {"slos: [{name: a, objective: 99, probe: 'http://h/', window: {calendar: week, timezone: "
       "Mars}}]",
       "slos[0].window.timezone: 'Mars'"},
      {"slos: [{name: a, objective: 99, probe: 'http://h/', window: {calendar: week, anchor: "
       "2026-02-30}}]",
       "slos[0].window.anchor: '2026-02-30'"},
      {"slos: [{name: a, objective: 99, probe: 'http://h/', dependencies: [b]}]",
       "slos[0].dependencies[0]: 'b' names no objective"},
      {"slos: [{name: a, objective: 99, probe: 'http://h/', dependencies: [a]}]",
       "depends on itself"},
      {"slos: [{name: a, objective: 99, probe: 'http://h/', dependencies: [b]}, {name: b, "
       "objective: 99, probe: 'http://h/', dependencies: [a]}]",
       "depends on itself"},
      {"slos: [{name: h, objective: 99, sli: {host: up}, dependencies: [h]}]",
       "depends on nothing"},
      {"slos: [{name: a, objective: 99, objectives: [{objective: 98}], probe: 'http://h/'}]",
       "keep one"},
      {"slos: [{name: a, objectives: [], probe: 'http://h/'}]", "slos[0].objectives: is empty"},
      {"slos: [{name: a, objectives: [{objective: 9, name: x}, {objective: 8, name: x}], probe: "
       "'http://h/'}]",
       "'a/a-x' stands twice"},
      {"maintenance: [{name: m, start: '25:00', duration: 1h, every: day}]",
       "maintenance[0].start: must be a time of the day"},
      {"maintenance: [{name: m, start: '02:00', duration: 1h}]", "says nowhere on which days"},
      {"maintenance: [{name: m, start: '02:00', duration: 1h, every: [tuesday]}]",
       "must be mon, tue"},
      {"maintenance: [{name: m, start: '02:00', duration: 1h, rrule: FREQ=SECONDLY}]",
       "'FREQ=SECONDLY' is not a part of a rule"},
      {"maintenance: [{name: m, from: 2026-03-01T10:00:00Z, to: 2026-03-01T10:00:00Z}]",
       "must be after 'from'"},
      {"maintenance: [{name: m, from: 2026-03-01T10:00:00Z, to: 2026-03-02T10:00:00Z, start: "
       "'02:00'}]",
       "maintenance[0].start: unknown key"},
      {"maintenance: [{name: m, start: '02:00', duration: 1h, every: day, slos: ['x/*']}]",
       "'x/*' names no objective"},
      {"exclusions: [{slos: [host-up], from: 2026-03-01T10:00:00Z, to: 2026-03-02T10:00:00Z}]",
       "'reason' is missing"},
      {"exclusions: [{slos: [host-up], from: yesterday, to: 2026-03-02T10:00:00Z, reason: x}]",
       "exclusions[0].from: 'yesterday'"},
      {"error_budget_policy: [{remaining_below: 120%, message: x}]", "between 0% and 100%"},
      {"alert_windows: [{window: 7d, page: [{long: 8d, budget: 1%}]}]",
       "longer than the objective"},
      {"alert_windows: [{window: 7d, page: [{long: 1h, short: 1h, budget: 1%}]}]",
       "must be shorter"},
      {"alert_windows: [{window: 7d}, {window: 1w}]", "stands twice"},
      {"slos: [{name: a, objective: 99, budgeting_method: time, sli: {events: {bad: x, total: "
       "y}}}]",
       "must be occurrences, timeslices or ratio_timeslices"},
      {"slos: [{name: a, objective: 99, sli: {container: {states: [running]}}}]",
       "slos[0].sli.container: needs one of 'name', 'compose_service', 'labels' and 'cgroup'"},
      {"slos: [{name: a, objective: 99, sli: {container: {labels: {}}}}]",
       "slos[0].sli.container.labels: is empty"},
      {"slos: [{name: a, objective: 99, sli: {container: {labels: [x]}}}]",
       "slos[0].sli.container.labels: must be a mapping"},
      {"slos: [{name: a, objective: 99, sli: {container: {cgroup: shop}}}]",
       "slos[0].sli.container.cgroup: must begin with '/'"},
      {"slos: [{name: a, objective: 99, sli: {container: {name: x, states: [up]}}}]",
       "slos[0].sli.container.states[0]: must be created, running"},
      {"slos: [{name: a, objective: 99, sli: {container: x, host: up}}]", "needs one of"},
      {"slos: [{name: a, objective: 99, budgeting_method: events, sli: {gauge: x}}]",
       "must be time, occurrences, timeslices or ratio_timeslices here"},
      {"slos: [{name: a, objective: 99, budgeting_method: timeslices, probe: 'http://h/'}]",
       "slos[0].budgeting_method: must be time or occurrences here"},
      {"slos: [{name: a, objective: 99, budgeting_method: occurrences, sli: {probe: {http: "
       "'http://h/', interval: 500ms}}}]",
       "slos[0].budgeting_method: attempts are counted from one a second on"},
      {"slos: [{name: a, objective: 99, budgeting_method: occurrences, sli: {host: up}}]",
       "slos[0].budgeting_method: must be time here"},
      {"slos: [{name: a, objective: 99, timeslice_window: 1m, sli: {events: {bad: x, total: y}}}]",
       "goes with timeslices"},
      {"slos: [{name: a, objective: 99, budgeting_method: ratio_timeslices, timeslice_target: 9, "
       "sli: {events: {bad: x, total: y}}}]",
       "goes with 'budgeting_method: timeslices' only"},
      {"slos: [{name: a, objective: 99, budgeting_method: timeslices, sli: {gauge: x}}]",
       "need 'timeslice_target'"},
      {"slos: [{name: a, objective: 99, sli: {gauge: 'x{'}}]", "slos[0].sli.gauge: 'x{'"},
      {"slos: [{name: a, objective: 99, sli: {gauge: x, probe: 'http://h/'}}]",
       "slos[0].sli.probe"},
      {"slos: [{name: a, objective: 99, sli: {gauge: x}, timeslice_target: 9}]", "goes with"},
      {"slos: [{name: a, objective: 99, budgeting_method: timeslices, timeslice_target: 99, sli: "
       "{events: {source: p, bad: x, total: y}}}]",
       "there is no source 'p'"},
      {"slos: [{name: a, objective: 99, budgeting_method: timeslices, timeslice_target: 99, sli: "
       "{events: {bad: 'sum(rate(x[5m]))', total: y}}}]",
       "is PromQL"},
      {"slos: [{name: a, objective: 99, budgeting_method: timeslices, timeslice_target: 99, "
       "timeslice_window: 20s, sli: {events: {bad: x, total: y}}}]",
       "multiple of the interval"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    std::vector<std::string> lines;
    CHECK(!load(row.text, &lines));
    const bool told = std::ranges::any_of(lines, [&](const std::string& line) {
      return line.find(row.told) != std::string::npos && line.starts_with("f.yml:1: ");
    });
    CHECK(told);
    if (!told) {
      for (const std::string& line : lines) MESSAGE(line);
    }
  }
}

}  // namespace app
