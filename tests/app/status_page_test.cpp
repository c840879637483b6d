#include "app/status_page.h"

#include "tests/app/judged.h"
#include "tests/support/doctest.h"

namespace app {
namespace {

bool holds(const std::string& page, const std::string& text) {
  return page.find(text) != std::string::npos;
}

StatusPageData data_with(slo::Snapshot snapshot) {
  StatusPageData data;
  data.telemetry_path = "/metrics";
  data.snapshot = std::make_shared<const slo::Snapshot>(std::move(snapshot));
  return data;
}

}  // namespace

TEST_CASE("the page answers first, then shows objectives and incidents") {
  const std::string page =
      status_page(data_with(test::judged("shop", "web", {true, false, false})));
  CHECK(holds(page, "<p class=\"answer bad\">shop/web is down for 1s (connect)</p>"));
  CHECK(holds(page, "<td>shop/web</td><td class=\"bad\">down (connect) for 1s</td>"));
  CHECK(holds(page, "<td class=\"bad\">open</td>"));
}

TEST_CASE("a link from an alert shows that objective, and the way to all") {
  slo::Snapshot two = test::judged("shop", "web", {true});
  const slo::Snapshot other = test::judged("shop", "db", {true});
  two.slos.push_back(other.slos.front());
  StatusPageData data = data_with(std::move(two));
  CHECK(holds(status_page(data), "<td>shop/db</td>"));
  CHECK_FALSE(holds(status_page(data), "all objectives"));
  data.service = "shop";
  data.slo = "web";
  const std::string page = status_page(data);
  CHECK(holds(page, "<td>shop/web</td>"));
  CHECK_FALSE(holds(page, "<td>shop/db</td>"));
  CHECK(holds(page, "<a href=\"/\">all objectives</a>"));
}

TEST_CASE("before the first judgement the page says so") {
  StatusPageData data;
  data.telemetry_path = "/metrics";
  CHECK(holds(status_page(data), "nothing judged yet"));
}

TEST_CASE("no outside text becomes markup") {
  StatusPageData data = data_with(test::judged("<script>", "<img src=x>", {true}));
  exporter::CollectorStatus broken;
  broken.name = "cpu";
  broken.has_run = true;
  broken.state = exporter::CollectorState::kFailed;
  broken.error = "<script>alert(1)</script>";
  data.collectors = {broken};
  data.config_error = "<b>";
  const std::string page = status_page(data);
  CHECK_FALSE(holds(page, "<script"));
  CHECK_FALSE(holds(page, "<img"));
  CHECK_FALSE(holds(page, "<b>"));
  CHECK(holds(page, "&lt;script&gt;alert(1)&lt;/script&gt;"));
}

TEST_CASE("collectors stand there with state, duration, age and error, or as not run yet") {
  StatusPageData data;
  exporter::CollectorStatus ran;
  ran.name = "cpu";
  ran.has_run = true;
  ran.state = exporter::CollectorState::kStale;
  ran.duration_ns = 1'250'000;
  ran.age_ns = 61'900'000'000;
  ran.error = "a < b";
  exporter::CollectorStatus waiting;
  waiting.name = "perf";
  data.collectors = {ran, waiting};
  const std::string page = status_page(data);
  CHECK(holds(page,
              "<tr><td>cpu</td><td class=\"odd\">stale</td><td class=\"number\">1.25</td>"
              "<td class=\"number\">1m1s</td><td>a &lt; b</td></tr>"));
  CHECK(holds(page, "<tr><td>perf</td><td class=\"soft\">not run yet</td>"));
}

TEST_CASE("a history that is damaged or not durable is said on the page") {
  StatusPageData data = data_with(test::judged("web", "web", {true}));
  CHECK_FALSE(holds(status_page(data), "class=\"bad\""));
  data.store.durable = false;
  data.store.last_error = "disk full";
  data.store.damaged_file = "fournines.db.damaged-20261125";
  const std::string page = status_page(data);
  CHECK(holds(page, "disk full"));
  CHECK(holds(page, "fournines.db.damaged-20261125"));
}

}  // namespace app
