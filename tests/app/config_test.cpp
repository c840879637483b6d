#include "app/config.h"

#include <algorithm>

#include "tests/support/doctest.h"

namespace app {
namespace {

Config good(const std::string& text) {
  ConfigErrors errors;
  auto config = load_config(text, "f.yml", errors);
  for (const std::string& line : errors.lines()) MESSAGE(line);
  REQUIRE(config);
  return std::move(*config);
}

std::vector<std::string> bad(const std::string& text) {
  ConfigErrors errors;
  CHECK_FALSE(load_config(text, "f.yml", errors));
  return errors.lines();
}

const slo::SloSpec& spec(const Config& config, std::size_t i) { return *config.slos.at(i).spec; }

bool has_page_row(const slo::SloSpec& spec) {
  return std::ranges::any_of(spec.alert_rows, [](const slo::AlertRow& row) {
    return row.severity == slo::Severity::kPage;
  });
}

constexpr char kFourLines[] =
    "slos:\n"
    "  - name: website\n"
    "    objective: 99.99\n"
    "    probe: https://example.com/healthz\n";

}  // namespace

TEST_CASE(
    "without a file the host is judged by 99.99 % over 30 days, and tickets but never pages") {
  const Config config = good("");
  REQUIRE(config.slos.size() == 1);
  CHECK(spec(config, 0).service == "host");
  CHECK(spec(config, 0).name == "host-up");
  CHECK(spec(config, 0).source == slo::SourceKind::kHost);
  CHECK(spec(config, 0).objective.percent() == "99.99");
  CHECK(spec(config, 0).window_ms == 30 * slo::kDayMs);
  CHECK_FALSE(has_page_row(spec(config, 0)));
  CHECK_FALSE(spec(config, 0).alert_rows.empty());
  CHECK_FALSE(config.slos[0].probe);
}

TEST_CASE("containers are judged unless the configuration says no") {
  CHECK(good("").container_slos);
  CHECK(good("container_slos: true\n").container_slos);
  CHECK_FALSE(good("container_slos: false\n").container_slos);
  ConfigErrors errors;
  CHECK_FALSE(load_config("container_slos: some\n", "f.yml", errors));
  CHECK(errors.lines().front().starts_with("f.yml:1: container_slos: "));
}

TEST_CASE("four lines give a probe with every default, beside the host") {
  const Config config = good(kFourLines);
  REQUIRE(config.slos.size() == 2);
  CHECK(spec(config, 0).service == "website");
  CHECK(spec(config, 0).interval_ms == 5'000);
  CHECK(spec(config, 0).timeout_ms == 4'000);
  CHECK(spec(config, 0).min_failures == 2);
  CHECK(spec(config, 0).failures == 1);
  CHECK(has_page_row(spec(config, 0)));
  REQUIRE(config.slos[0].probe);
  CHECK(config.slos[0].probe->http().url == "https://example.com/healthz");
  CHECK(config.slos[0].probe->interval_ms == 5'000);
  CHECK(spec(config, 1).name == "host-up");
}

TEST_CASE("every key is read") {
  const Config config = good(
      "version: 1\n"
      "defaults: {objective: 99.9, window: 7d, probe: {interval: 2s, timeout: 1s}, labels: {owner: "
      "ops}}\n"
      "slos:\n"
      "  - name: front\n"
      "    service: shop\n"
      "    description: The front page.\n"
      "    sli:\n"
      "      probe:\n"
      "        http: http://127.0.0.1:8080/x\n"
      "        method: GET\n"
      "        headers: {X-A: b}\n"
      "        interval: 4s\n"
      "        follow_redirects: true\n"
      "        expect: {status: [200, 3xx], body_contains: ok, certificate_days: 7}\n"
      "        failures: 3\n"
      "        successes: 2\n"
      "    merge_gap: 0\n"
      "    labels: {team: web}\n"
      "    alerting:\n"
      "      min_failures: 5\n"
      "      page_alert: {disable: true}\n"
      "      labels: {tier: a}\n"
      "      annotations: {note: n}\n"
      "  - {name: me, objective: 99, sli: {host: up}}\n"
      "alerting:\n"
      "  alertmanagers:\n"
      "    - {url: 'http://127.0.0.1:9093', basic_auth: {username: u, password_file: /p}}\n"
      "    - {url: 'http://127.0.0.1:9094/am', bearer_token_file: /t,\n"
      "       tls: {ca_file: /ca, cert_file: /c, key_file: /k}}\n"
      "  webhooks: [{url: 'https://hooks/x?y=z', tls: {insecure_skip_verify: true}}]\n"
      "  heartbeat_url: https://beats/uuid\n"
      "  watchdog: false\n"
      "  external_labels: {instance: i, cluster: c}\n"
      "  external_url: http://me:9999\n"
      "  resend_delay: 5s\n");
  REQUIRE(config.slos.size() == 2);  // the host objective is configured, none is added
  const slo::SloSpec& front = spec(config, 0);
  CHECK(front.service == "shop");
  CHECK(front.objective.percent() == "99.9");
  CHECK(front.window_label == "7d");
  CHECK(front.interval_ms == 4'000);
  CHECK(front.timeout_ms == 1'000);
  CHECK(front.failures == 3);
  CHECK(front.successes == 2);
  CHECK(front.merge_gap() == 0);
  CHECK(front.min_failures == 5);
  CHECK_FALSE(has_page_row(front));
  CHECK(front.labels ==
        std::map<std::string, std::string>{{"owner", "ops"}, {"team", "web"}, {"tier", "a"}});
  CHECK(front.annotations.at("note") == "n");
  const exporter::HttpTarget& http = config.slos[0].probe->http();
  CHECK(http.method == "GET");
  CHECK(http.headers == std::vector<std::string>{"X-A: b"});
  CHECK(http.follow_redirects);
  CHECK(http.expected_status == std::vector<exporter::StatusRange>{{200, 200}, {300, 399}});
  CHECK(http.body_contains == "ok");
  CHECK(http.certificate_days == 7);
  CHECK(spec(config, 1).source == slo::SourceKind::kHost);
  REQUIRE(config.alerting.alertmanagers.size() == 2);
  CHECK(config.alerting.alertmanagers[0].basic_auth_password_file == "/p");
  CHECK(config.alerting.alertmanagers[1].bearer_token_file == "/t");
  CHECK(config.alerting.alertmanagers[1].tls.ca_file == "/ca");
  CHECK(config.alerting.alertmanagers[1].tls.cert_file == "/c");
  CHECK(config.alerting.alertmanagers[1].tls.key_file == "/k");
  REQUIRE(config.alerting.webhooks.size() == 1);
  CHECK(config.alerting.webhooks[0].url == "https://hooks/x?y=z");
  CHECK(config.alerting.webhooks[0].tls.insecure_skip_verify);
  CHECK(config.alerting.heartbeat_url == "https://beats/uuid");
  CHECK_FALSE(config.alerting.watchdog);
  CHECK(config.alerting.external_labels.at("instance") == "i");
  CHECK(config.alerting.resend_delay_ms == 5'000);
}

TEST_CASE("a changed target is a new generation, a changed objective or interval is not") {
  const auto generation = [](const std::string& slo) {
    return spec(good("slos: [{name: a, " + slo + "}]"), 0).generation;
  };
  const auto base = generation("objective: 99, probe: 'http://a/'");
  CHECK(generation("objective: 99.9, probe: 'http://a/'") == base);
  CHECK(generation("objective: 99, sli: {probe: {http: 'http://a/', interval: 1s}}") == base);
  CHECK(generation("objective: 99, probe: 'http://b/'") != base);
  CHECK(generation("objective: 99, sli: {probe: {http: 'http://a/', expect: {status: 200}}}") !=
        base);
  CHECK(generation(
            "objective: 99, sli: {probe: {http: 'http://a/', expect: {status: [3xx, 2xx]}}}") ==
        base);
  CHECK(generation("objective: 99, sli: {host: up}") != base);
}

TEST_CASE("instance is the host's name unless it is set") {
  CHECK_FALSE(good("").alerting.external_labels.at("instance").empty());
}

TEST_CASE("all errors are told at once, in the order of lines, with file, line and key") {
  const auto lines =
      bad("slos:\n"
          "  - name: website\n"
          "    objective: 100\n"
          "    probe: ftp://x/\n"
          "  - name: web site\n"
          "    objective: 99\n"
          "    probe: http://a/\n"
          "  - {name: a, objective: 99, probe: 'http://a/'}\n"
          "  - {name: a, objective: 99, probe: 'http://a/'}\n"
          "colour: red\n");
  REQUIRE(lines.size() == 5);
  CHECK(lines[0].starts_with("f.yml:3: slos[0].objective: "));
  CHECK(lines[1].starts_with("f.yml:4: slos[0].probe: ftp://x/: "));
  CHECK(lines[2].starts_with("f.yml:5: slos[1].name: 'web site' is not a name"));
  CHECK(lines[3] == "f.yml:9: slos[3]: the objective 'a/a' stands twice");
  CHECK(lines[4] == "f.yml:10: colour: unknown key");
}

TEST_CASE("one wrong value is one error") {
  const auto f = [](const std::string& slo, const char* want) {
    const auto lines = bad("slos: [{name: a, " + slo + "}]\n");
    REQUIRE_MESSAGE(lines.size() == 1, lines.at(1));
    CHECK_MESSAGE(lines[0].find(want) != std::string::npos, lines[0]);
  };
  f("objective: 99", "says nowhere what is good");
  f("objective: 99, probe: 'http://a/', sli: {host: up}", "two ways to say one thing");
  f("objective: 99, sli: {}", "needs one of 'probe', 'host'");
  f("objective: 99, sli: {host: down}", "can only be 'up'");
  f("probe: 'http://a/'", "'objective' is missing");
  f("objective: 99, window: 1m, probe: 'http://a/'", "between 1h and 400d");
  f("objective: 99, window: {calendar: fortnight}, probe: 'http://a/'", "must be week");
  f("objective: 99, sli: {probe: {http: 'http://a/', interval: 1s, timeout: 2s}}", "timeout");
  f("objective: 99, sli: {probe: {http: 'http://a/', expect: {status: 9xx}}}", "9xx");
  f("objective: 99, probe: 'http://user:secret@a/'", "user name and password");
  f("objective: 99, sli: {probe: {interval: 1s}}", "says nowhere what is probed");
  f("objective: 99, sli: {probe: {tcp: x}}", "has no port");
  f("objective: 99, sli: {probe: {tcp: 'x:1', dialogue: [{expect: '('}]}}", "expect: ");
  f("objective: 99, sli: {probe: {http: 'http://a/', expect: {body_matches: '('}}}", "pattern");
}

TEST_CASE("an unreadable file is one error that names it") {
  ConfigErrors errors;
  CHECK_FALSE(load_config_file("/nonexistent/f.yml", errors));
  CHECK(errors.lines() ==
        std::vector<std::string>{"/nonexistent/f.yml:1: No such file or directory"});
}

}  // namespace app
