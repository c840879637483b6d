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

constexpr char kSources[] = R"(sources:
  - name: prom
    type: prometheus
    url: https://prom.example.com/prefix
    bearer_token_file: /etc/token
    tls: {ca_file: /etc/ca.pem}
    headers: {X-Scope-OrgID: shop}
    alive: 'up{job="a"}'
    timeout: 3s
    backfill: 2d
  - {name: other, url: http://127.0.0.1:9090, basic_auth: {username: me, password_file: /etc/pw}}
slos:
  - name: lag
    objective: 99
    budgeting_method: timeslices
    timeslice_window: 1m
    timeslice_target: 95
    sli: {threshold: {source: prom, metric: 'lag{topic="a"}', op: lte, value: 10, absent: bad, interval: 20s}}
  - name: open
    objective: 99
    sli: {gauge: {source: other, query: 'min(shop_is_open) * (rate(x_total[{{.window}}]) >= bool 0)'}}
)";

}  // namespace

TEST_CASE("an objective over a source has its query, its slices and the source's patience") {
  std::vector<std::string> lines;
  const auto config = load(kSources, &lines);
  CHECK(lines.empty());
  REQUIRE(config.has_value());
  REQUIRE(config->sources.size() == 2);
  const SourceSpec& prom = config->sources[0];
  CHECK(prom.endpoint.url == "https://prom.example.com/prefix");
  CHECK(prom.endpoint.bearer_token_file == "/etc/token");
  CHECK(prom.endpoint.tls.ca_file == "/etc/ca.pem");
  CHECK(prom.headers.at("X-Scope-OrgID") == "shop");
  CHECK(prom.alive == R"(up{job="a"})");
  CHECK(prom.timeout_ms == 3'000);
  CHECK(prom.backfill_ms == 2 * slo::kDayMs);
  CHECK(config->sources[1].alive == "up");
  CHECK(config->sources[1].endpoint.basic_auth_username == "me");

  const ConfiguredSlo& lag = config->slos[0];
  CHECK(lag.spec->source == slo::SourceKind::kRecord);
  CHECK(lag.spec->interval_ms == 60'000);
  CHECK(lag.spec->timeout_ms == 3'000);
  CHECK(lag.spec->record_ms == 2 * slo::kDayMs);
  const slo::RecordSpec& record = lag.series->record.value();
  CHECK(record.source == "prom");
  CHECK(record.query == R"(lag{topic="a"} and last_over_time(lag{topic="a"}[40s]))");
  CHECK(record.slice_ms == 60'000);
  CHECK(record.interval_ms == 20'000);
  CHECK(record.when_absent == slo::WhenAbsent::kBad);
  CHECK(record.target_ppb == slo::kBillion / 100 * 95);

  const slo::RecordSpec& open = config->slos[1].series->record.value();
  CHECK(open.query == "min(shop_is_open) * (rate(x_total[15s]) >= bool 0)");
  CHECK(open.comparison == slo::Comparison::kNot);
}

TEST_CASE("events of a source are counters by selectors, or PromQL with a window and a scale") {
  const std::string head =
      "sources: [{name: p, url: 'http://a'}]\nslos:\n  - name: x\n    objective: 99\n"
      "    budgeting_method: timeslices\n    timeslice_target: 99\n    timeslice_window: 2m\n    "
      "sli: ";
  const auto record = [&](const std::string& sli) {
    const auto config = load(head + sli + "\n");
    REQUIRE(config.has_value());
    return config->slos[0].series->record.value();
  };
  const auto counters = record("{events: {source: p, bad: 'x{code=\"500\"}', total: x}}");
  REQUIRE(counters.events.has_value());
  CHECK(counters.interval_ms == 15'000);
  CHECK(counters.slice_ms == 120'000);
  CHECK(counters.events->counters);
  CHECK_FALSE(counters.events->part_is_good);
  CHECK(counters.events->total == "x and last_over_time(x[30s])");

  const auto promql = record(
      "{events: {source: p, good: 'sum(increase(x[{{ .window }}]))', total: 'sum(rate(x[5m]))', "
      "no_events: good}}");
  CHECK(promql.interval_ms == 60'000);
  CHECK(promql.events->part_is_good);
  CHECK(promql.events->part == "sum(increase(x[2m]))");
  CHECK(promql.events->part_scale == 1);
  CHECK(promql.events->total_scale == 120);
  CHECK(promql.when_absent == slo::WhenAbsent::kGood);

  const auto latency = record("{latency: {source: p, histogram: 'h{a=\"b\"}', threshold: 400ms}}");
  CHECK(latency.events->histogram == "h{a=\"b\"}");
  CHECK(latency.events->bound == 0.4);
}

TEST_CASE("sources that are shown load as the same, and no secret is in them") {
  const auto config = load(kSources);
  REQUIRE(config.has_value());
  const std::string shown = shown_config(*config);
  std::vector<std::string> lines;
  const auto again = load(shown, &lines);
  CHECK(lines.empty());
  REQUIRE(again.has_value());
  REQUIRE(again->sources.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    SourceSpec before = config->sources[i];
    before.text = again->sources[i].text;
    CHECK(before == again->sources[i]);
    CHECK(config->slos[i].spec->generation == again->slos[i].spec->generation);
  }
}

TEST_CASE("where a source is and how it is asked is no idea of what is good") {
  std::string text = kSources;
  const auto before = load(text);
  text.replace(text.find("prom.example.com"), 16, "prom.example.org");
  text.replace(text.find("timeout: 3s"), 11, "timeout: 4s");
  const auto after = load(text);
  REQUIRE(before.has_value());
  REQUIRE(after.has_value());
  CHECK(before->slos[0].spec->generation == after->slos[0].spec->generation);
  text.replace(text.find("value: 10"), 9, "value: 11");
  CHECK(load(text)->slos[0].spec->generation != before->slos[0].spec->generation);
}

TEST_CASE("what a source tells may depend on what is seen here, not on what a source tells") {
  const std::string text = R"(sources: [{name: prom, url: 'http://p:9090'}]
slos:
  - {name: uplink, objective: 99, probe: 'http://gateway/'}
  - {name: shop, objective: 99, sli: {gauge: {source: prom, metric: open}}, dependencies: [uplink]}
  - {name: cart, objective: 99, sli: {gauge: {source: prom, metric: cart}}, dependencies: [ON]}
)";
  const auto on = [&](const std::string& name, ConfigErrors& errors) {
    std::string copy = text;
    return load_config(copy.replace(copy.find("ON]"), 2, name), "f.yml", errors);
  };
  ConfigErrors none;
  const auto config = on("host-up", none);
  REQUIRE(config);
  REQUIRE(config->slos[1].spec->dependencies.size() == 1);
  CHECK(config->slos[1].spec->dependencies.begin()->name == "uplink");
  ConfigErrors errors;
  CHECK_FALSE(on("shop", errors));
  REQUIRE(errors.lines().size() == 1);
  CHECK(errors.lines().front().find(
            "f.yml:5: slos[2].dependencies[0]: 'shop' is told by a source") != std::string::npos);
}

TEST_CASE("mistakes in sources are told with line and key") {
  struct {
    const char* text;
    const char* error;
  } const cases[] = {
      {"sources:\n  - {url: http://a}\n", "f.yml:2: sources[0]: 'name' is missing"},
      {"sources:\n  - {name: a b, url: http://a}\n", "f.yml:2: sources[0].name: must be 1 to 63"},
      {"sources:\n  - {name: a}\n", "f.yml:2: sources[0]: 'url' is missing"},
      {"sources:\n  - {name: a, url: 'http://u:p@a'}\n", "f.yml:2: sources[0].url: "},
      {"sources:\n  - {name: a, url: 'http://a?b=c'}\n", "neither a query nor a fragment"},
      {"sources:\n  - {name: a, url: http://a, type: graphite}\n", "the only type"},
      {"sources:\n  - {name: a, url: http://a}\n  - {name: a, url: http://b}\n", "f.yml:3: "},
      {"sources:\n  - {name: a, url: http://a, headers: {authorization: x}}\n", "would be shown"},
      {"sources:\n  - {name: a, url: http://a, headers: {Host: x}}\n", "by fournines itself"},
      {"sources:\n  - {name: a, url: http://a, headers: {'X:': x}}\n", "is no name of a header"},
      {"sources:\n  - {name: a, url: http://a, headers: {X: \"a\\r\\nB: c\"}}\n", "no header may"},
      {"sources:\n  - {name: a, url: http://a, alive: 'sum(up)'}\n", "sources[0].alive: "},
      {"sources:\n  - {name: a, url: http://a, timeout: 2m}\n", "must be at most 1m"},
      {"sources:\n  - {name: a, url: http://a, backfill: 31d}\n", "must be at most 30d"},
      {"sources:\n  - {name: a, url: http://a, tls: {cert_file: x}}\n", "belong together"},
      {"sources:\n  - {name: a, url: http://a, token: x}\n", "sources[0].token: "},
  };
  for (const auto& one : cases) {
    CAPTURE(std::string(one.text));
    std::vector<std::string> lines;
    CHECK_FALSE(load(one.text, &lines).has_value());
    REQUIRE(lines.size() == 1);
    CHECK(lines.front().find(one.error) != std::string::npos);
    CHECK(lines.front().find("u:p") == std::string::npos);
  }
}

TEST_CASE("mistakes in objectives over a source are told with line and key") {
  const std::string head =
      "sources: [{name: prom, url: 'http://a'}]\nslos:\n  - name: x\n    objective: 99\n"
      "    budgeting_method: timeslices\n    timeslice_target: 99\n    sli: ";
  struct {
    const char* sli;
    const char* error;
  } const cases[] = {
      {"{gauge: {source: nope, metric: m}}", "slos[0].sli.gauge.source: there is no source 'nope'"},
      {"{gauge: {source: prom}}", "slos[0].sli.gauge: needs 'metric'"},
      {"{gauge: {source: prom, metric: m, query: q}}", "gauge.metric: and 'query' are two ways"},
      {"{gauge: {source: prom, metric: 'sum(m)'}}", "PromQL is 'query'"},
      {"{gauge: {query: m, metric: m}}", "gauge.query: needs a 'source'"},
      {"{events: {source: prom, total: x}}", "sli.events: needs 'good' or 'bad'"},
      {"{events: {source: prom, bad: 'sum(x)', total: x}}",
       "events.total: must be a plain selector"},
      {"{latency: {source: prom, histogram: 'sum(x)', threshold: 1s}}", "latency.histogram: "},
      {"{threshold: {source: prom, query: m, op: near, value: 1}}", "threshold.op: must be"},
  };
  for (const auto& one : cases) {
    CAPTURE(std::string(one.sli));
    std::vector<std::string> lines;
    CHECK_FALSE(load(head + one.sli + "\n", &lines).has_value());
    REQUIRE(lines.size() == 1);
    CHECK(lines.front().find(one.error) != std::string::npos);
  }
}

}  // namespace app
