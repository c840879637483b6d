#include "alerts/evaluator.h"

#include "tests/alerts/support.h"
#include "tests/support/doctest.h"

namespace alerts {
namespace {

struct Scene {
  AlertingSpec spec;
  Evaluator evaluator{spec};

  std::vector<Alert> at(std::int64_t ms, std::vector<slo::Judgement> judgements) {
    return evaluator.evaluate(snapshot(std::move(judgements)), moment(ms));
  }
};

std::string name_and_severity(const Alert& alert) {
  return alert.labels.at("alertname") + " " + alert.labels.at("severity");
}

}  // namespace

TEST_CASE("an objective at rest gives no alert") {
  Scene scene;
  CHECK(scene.at(0, {quiet()}).empty());
  CHECK(scene.evaluator.pending() == 0);
}

TEST_CASE("page rows page and ticket rows ticket, at once") {
  Scene scene;
  for (const std::size_t row : {0U, 1U}) {
    const auto alerts = Scene().at(0, {burning(row)});
    REQUIRE(alerts.size() == 1);
    CHECK(name_and_severity(alerts[0]) == "SLOBurnPage critical");
  }
  for (const std::size_t row : {2U, 3U}) {
    const auto alerts = Scene().at(0, {burning(row)});
    REQUIRE(alerts.size() == 1);
    CHECK(name_and_severity(alerts[0]) == "SLOBurnTicket warning");
  }
  CHECK(scene.at(0, {burning(0, burning(2))}).size() == 2);
}

TEST_CASE("labels are the objective's, the external ones and ours, and nothing that varies") {
  Scene scene;
  scene.spec.external_labels = {{"instance", "web-1"}, {"team", "ops"}, {"severity", "none"}};
  const auto alerts = scene.at(0, {with_spec(burning(0), [](slo::SloSpec& spec) {
                                 spec.labels = {{"team", "web"}, {"bad-name", "x"}, {"empty", ""}};
                               })});
  REQUIRE(alerts.size() == 1);
  CHECK(alerts[0].labels == Labels{{"alertname", "SLOBurnPage"},
                                   {"severity", "critical"},
                                   {"service", "shop"},
                                   {"slo", "website"},
                                   {"origin", "daemon"},
                                   {"instance", "web-1"},
                                   {"team", "web"},
                                   {"bad_name", "x"}});
}

TEST_CASE("starts_at is the moment of firing and stays, a second firing has its own") {
  Scene scene;
  CHECK(scene.at(5'000, {burning(0)})[0].starts_at_ms == kStartUnixMs + 5'000);
  CHECK(scene.at(65'000, {burning(1)})[0].starts_at_ms == kStartUnixMs + 5'000);
  CHECK(scene.at(70'000, {quiet()})[0].firing());
  const auto resolved = scene.at(160'000, {quiet()});
  REQUIRE(resolved.size() == 1);
  CHECK(resolved[0].starts_at_ms == kStartUnixMs + 5'000);
  CHECK(resolved[0].resolved_at_ms == kStartUnixMs + 160'000);
  CHECK(scene.at(161'000, {quiet()}).empty());
  const auto again = scene.at(162'000, {burning(0)});
  REQUIRE(again.size() == 1);
  CHECK(again[0].firing());
  CHECK(again[0].starts_at_ms == kStartUnixMs + 162'000);
}

TEST_CASE("an alert stays until the one from Prometheus must be gone, a relapse keeps it on") {
  const auto check = [](const slo::Judgement& bad, std::int64_t keep_ms) {
    Scene scene;
    scene.at(0, {bad});
    CHECK(scene.at(10'000, {quiet()})[0].firing());
    CHECK(scene.at(10'000 + keep_ms - 1, {quiet()})[0].firing());
    CHECK(scene.at(10'000 + keep_ms, {bad})[0].starts_at_ms == kStartUnixMs);
    CHECK(scene.at(400'000, {quiet()})[0].firing());
    CHECK(scene.at(400'000 + keep_ms - 1, {quiet()})[0].firing());
    const auto resolved = scene.at(400'000 + keep_ms, {quiet()});
    REQUIRE(resolved.size() == 1);
    CHECK(resolved[0].resolved_at_ms == kStartUnixMs + 400'000 + keep_ms);
  };
  check(burning(0), 90'000);
  check(burning(2), 150'000);
  check(down(60'000), 210'000);
}

TEST_CASE("what cannot be judged neither fires nor resolves") {
  Scene scene;
  CHECK(scene.at(0, {stale(burning(0))}).empty());
  CHECK(scene.at(1'000, {burning(0)}).size() == 1);
  for (int second = 2; second < 1000; ++second) {
    const auto alerts = scene.at(second * 1000, {stale(quiet())});
    REQUIRE(alerts.size() == 1);
    REQUIRE(alerts[0].firing());
  }
  CHECK(scene.at(1'000'000, {quiet()})[0].firing());
  CHECK_FALSE(scene.at(1'090'000, {quiet()})[0].firing());
}

TEST_CASE("one stale row does not hide another that fires") {
  slo::Judgement judgement = burning(1);
  judgement.alerts[0].reading.stale = true;
  CHECK(Scene().at(0, {judgement}).size() == 1);
}

TEST_CASE("a target is down after a minute of down time, pending before") {
  Scene scene;
  CHECK(scene.at(0, {down(59'999)}).empty());
  CHECK(scene.evaluator.pending() == 1);
  const auto alerts = scene.at(1, {down(60'000)});
  REQUIRE(alerts.size() == 1);
  CHECK(name_and_severity(alerts[0]) == "SLOTargetDown critical");
  CHECK(scene.evaluator.pending() == 0);
}

TEST_CASE("a short incident is forgotten without a word") {
  Scene scene;
  CHECK(scene.at(0, {down(20'000)}).empty());
  CHECK(scene.at(1'000, {quiet()}).empty());
  CHECK(scene.evaluator.pending() == 0);
}

TEST_CASE("an unmeasured target neither goes down nor comes up") {
  Scene scene;
  CHECK(scene.at(0, {stale(down(90'000))}).empty());
  CHECK(scene.at(1'000, {down(90'000)}).size() == 1);
  CHECK(scene.at(2'000, {quiet()})[0].firing());
  CHECK(scene.at(500'000, {stale(quiet())})[0].firing());
}

TEST_CASE("planned maintenance ends what fires and lets nothing fire") {
  const auto in_maintenance = [](slo::Judgement judgement) {
    judgement.state = slo::State::kExcluded;
    return judgement;
  };
  CHECK(Scene().at(0, {in_maintenance(burning(0, down(90'000)))}).empty());
  Scene scene;
  CHECK(scene.at(0, {burning(0)}).size() == 1);
  CHECK(scene.at(1'000, {in_maintenance(burning(0))})[0].firing());
  CHECK_FALSE(scene.at(91'000, {in_maintenance(burning(0))})[0].firing());
}

TEST_CASE("an objective without page rows tickets, one without rows is silent") {
  const auto tickets_only = [](slo::SloSpec& spec) {
    std::erase_if(spec.alert_rows,
                  [](const slo::AlertRow& row) { return row.severity == slo::Severity::kPage; });
  };
  const auto alerts = Scene().at(0, {with_spec(down(60'000), tickets_only)});
  REQUIRE(alerts.size() == 1);
  CHECK(name_and_severity(alerts[0]) == "SLOTargetDown warning");
  slo::Judgement silent = with_spec(down(60'000), [](auto& spec) { spec.alert_rows.clear(); });
  silent.alerts.clear();
  CHECK(Scene().at(0, {silent}).empty());
}

TEST_CASE("an objective that is gone resolves its alerts") {
  Scene scene;
  CHECK(scene.at(0, {burning(0), burning(0, quiet("api", "requests"))}).size() == 2);
  const auto alerts = scene.at(1'000, {burning(0)});
  REQUIRE(alerts.size() == 2);
  CHECK(alerts[0].firing());
  CHECK_FALSE(alerts[1].firing());
  CHECK(alerts[1].labels.at("service") == "api");
}

TEST_CASE("changed labels end one alert and start another") {
  Scene scene;
  CHECK(scene.at(0, {burning(0)}).size() == 1);
  const auto alerts = scene.at(
      1'000, {with_spec(burning(0), [](slo::SloSpec& spec) { spec.labels = {{"team", "web"}}; })});
  REQUIRE(alerts.size() == 2);
  CHECK_FALSE(alerts[0].firing());
  CHECK(alerts[1].firing());
  CHECK(alerts[1].labels.at("team") == "web");
  CHECK(alerts[1].starts_at_ms == kStartUnixMs + 1'000);
}

TEST_CASE("a restored alert goes on, is frozen while stale, and resolves like any other") {
  Alert before = Scene().at(0, {burning(0)})[0];
  before.starts_at_ms -= 3'600'000;
  Scene scene;
  scene.evaluator.restore({before});
  CHECK(scene.at(1'000, {stale(quiet())})[0].starts_at_ms == before.starts_at_ms);
  CHECK(scene.at(2'000, {burning(0)})[0].starts_at_ms == before.starts_at_ms);
  CHECK(scene.at(3'000, {quiet()})[0].firing());
  CHECK(scene.at(93'000, {quiet()})[0].resolved_at_ms == kStartUnixMs + 93'000);
}

TEST_CASE("an alert never ends before it starts, whatever the wall clock does") {
  Scene scene;
  scene.evaluator.evaluate(snapshot({burning(0)}), moment(0));
  scene.evaluator.evaluate(snapshot({quiet()}), moment(1'000));
  const auto alerts = scene.evaluator.evaluate(snapshot({quiet()}), moment(91'000, -3'600'000));
  REQUIRE(alerts.size() == 1);
  CHECK(alerts[0].resolved_at_ms > alerts[0].starts_at_ms);
}

TEST_CASE("words are renewed while an alert fires") {
  Scene scene;
  const std::string first = scene.at(0, {burning(0)})[0].annotations.at("description");
  slo::Judgement worse = burning(0);
  worse.alerts[0].reading.long_burn = 99.9;
  CHECK(scene.at(60'000, {worse})[0].annotations.at("description") != first);
}

TEST_CASE("an objective that is unknown for too long alerts as it is configured to") {
  Scene scene;
  const auto unknown = [](slo::Severity severity) {
    slo::Judgement judgement = with_spec(quiet(), [severity](slo::SloSpec& spec) {
      spec.no_data = slo::NoData{.after_ms = 300'000, .severity = severity};
    });
    judgement.state = slo::State::kUnknown;
    judgement.state_since_ms = 1'000;
    return judgement;
  };
  const auto at = [&](std::int64_t ms, const slo::Judgement& judgement) {
    slo::Snapshot seen = snapshot({judgement});
    seen.now_ms = ms;
    return scene.evaluator.evaluate(seen, moment(ms));
  };
  CHECK(at(300'999, unknown(slo::Severity::kPage)).empty());
  CHECK(scene.evaluator.pending() == 1);
  const auto alerts = at(301'000, unknown(slo::Severity::kPage));
  REQUIRE(alerts.size() == 1);
  CHECK(name_and_severity(alerts[0]) == "SLONoData critical");
  CHECK(alerts[0].annotations.at("description").find("is unknown since") != std::string::npos);
  // It stays as long as Prometheus' own may, then it is over.
  CHECK(at(302'000, quiet()).at(0).firing());
  const auto over = at(392'000, quiet());
  REQUIRE(over.size() == 1);
  CHECK_FALSE(over[0].firing());
  // Without being asked for it never comes.
  slo::Judgement silent = quiet();
  silent.state = slo::State::kUnknown;
  CHECK(at(9'000'000, silent).empty());
}

TEST_CASE("a line of the budget policy alerts while it is in force, and a worse one instead") {
  Scene scene;
  const auto left = [](double ratio) {
    slo::Judgement judgement = with_spec(quiet(), [](slo::SloSpec& spec) {
      spec.policy = {{"50%", 500'000, "Look", std::nullopt},
                     {"10%", 100'000, "Freeze", slo::Severity::kTicket},
                     {"0%", 0, "Stop", slo::Severity::kPage}};
    });
    judgement.budget.remaining_ratio = ratio;
    return judgement;
  };
  CHECK(scene.at(0, {left(0.4)}).empty());
  auto alerts = scene.at(1000, {left(0.09)});
  REQUIRE(alerts.size() == 1);
  CHECK(name_and_severity(alerts[0]) == "SLOBudgetPolicy warning");
  CHECK(alerts[0].annotations.at("description").starts_with("shop/website: Freeze."));
  alerts = scene.at(2000, {left(-0.1)});
  REQUIRE(alerts.size() == 2);
  CHECK_FALSE(alerts[0].firing());
  CHECK(name_and_severity(alerts[1]) == "SLOBudgetPolicy critical");
  // The one that only stays for a while does not turn into a ticket meanwhile.
  alerts = scene.at(3000, {left(0.4)});
  REQUIRE(alerts.size() == 1);
  CHECK(name_and_severity(alerts[0]) == "SLOBudgetPolicy critical");
  alerts = scene.at(93'000, {left(0.4)});
  REQUIRE(alerts.size() == 1);
  CHECK_FALSE(alerts[0].firing());
}

TEST_CASE("what pages and what tickets have labels and annotations of their own") {
  const auto worded = [](slo::Judgement judgement) {
    return with_spec(std::move(judgement), [](slo::SloSpec& spec) {
      spec.labels = {{"team", "web"}, {"tier", "1"}};
      spec.annotations = {{"note", "all"}, {"runbook_url", "https://wiki/all"}};
      spec.page_words = slo::AlertWords{{{"team", "on-call"}, {"severity", "none"}},
                                        {{"runbook_url", "https://wiki/page"}}};
      spec.ticket_words = slo::AlertWords{{{"queue", "slow"}}, {}};
    });
  };
  const Alert page = Scene().at(0, {worded(burning(0))}).at(0);
  CHECK(page.labels.at("team") == "on-call");
  CHECK(page.labels.at("tier") == "1");
  CHECK(page.labels.at("severity") == "critical");
  CHECK_FALSE(page.labels.contains("queue"));
  CHECK(page.annotations.at("runbook_url") == "https://wiki/page");
  CHECK(page.annotations.at("note") == "all");
  const Alert ticket = Scene().at(0, {worded(burning(2))}).at(0);
  CHECK(ticket.labels.at("team") == "web");
  CHECK(ticket.labels.at("queue") == "slow");
  CHECK(ticket.annotations.at("runbook_url") == "https://wiki/all");
}

}  // namespace alerts
