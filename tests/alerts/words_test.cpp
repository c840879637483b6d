#include "alerts/words.h"

#include <limits>

#include "tests/alerts/support.h"
#include "tests/support/doctest.h"

namespace alerts {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

bool holds(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

Annotations words(AlertKind kind, const slo::Judgement& judgement, const AlertingSpec& spec = {}) {
  return annotations_of(kind, judgement, slo::Labels{}, spec);
}

}  // namespace

TEST_CASE("spans are told in their two largest units") {
  CHECK(span_words(0) == "0.0s");
  CHECK(span_words(0.43) == "0.4s");
  CHECK(span_words(59) == "59s");
  CHECK(span_words(60) == "1m");
  CHECK(span_words(259.2) == "4m 19s");
  CHECK(span_words(7800) == "2h 10m");
  CHECK(span_words(7200.5) == "2h");
  CHECK(span_words(3 * 86'400 + 3600) == "3d 1h");
  CHECK(span_words(-90) == "-1m 30s");
  CHECK(span_words(kNan) == "an unknown time");
  CHECK(span_words(kInf) == "for ever");
  CHECK(span_words(1e300) == "11574074074d 1h");
}

TEST_CASE("times are UTC, with milliseconds for machines") {
  CHECK(rfc3339(kStartUnixMs) == "2025-11-25T19:46:26.123Z");
  CHECK(rfc3339(0) == "1970-01-01T00:00:00.000Z");
  CHECK(rfc3339(1'709'164'800'007) == "2024-02-29T00:00:00.007Z");
  CHECK(utc_words(kStartUnixMs) == "2025-11-25 19:46:26 UTC");
}

TEST_CASE("a page says what burns, since when, how long the budget lasts, where to look") {
  AlertingSpec spec;
  spec.grafana_url = "http://grafana:3000/";
  const Annotations page = words(AlertKind::kBurnPage, burning(0, down(90'000)), spec);
  CHECK(page.at("summary") == "The error budget is burning so fast that somebody has to act now.");
  CHECK(
      page.at("description") ==
      "shop/website burns its error budget 41.7 times as fast as it may over the last 1h, and "
      "52.1 times over the last 5m. It is down since 2025-11-25 19:46:26 UTC (timeout), 1m 30s of "
      "it counted as down. 3m 21s of the 4m 19s for 30d are left; at the pace of the last hour "
      "they last 2h 10m. Look first at what changed last.");
  CHECK(page.at("runbook_url") == std::string(kDefaultRunbookUrl) + "/sloburnpage.md");
  CHECK(page.at("dashboard_url") ==
        "http://grafana:3000/d/fournines-slo-overview?var-service=shop&var-slo=website");
}

TEST_CASE("the quickest row that fires is the one that is told") {
  CHECK(holds(words(AlertKind::kBurnPage, burning(0, burning(1))).at("description"), "last 1h"));
  CHECK(holds(words(AlertKind::kBurnTicket, burning(0, burning(3))).at("description"), "last 3d"));
}

TEST_CASE("a spent budget, a standstill and an endless one are told as such") {
  slo::Judgement judgement = burning(0);
  judgement.budget.remaining_seconds = -63;
  CHECK(holds(words(AlertKind::kBurnPage, judgement).at("description"),
              "The budget is spent: 1m 3s more than the 4m 19s for 30d."));
  CHECK(holds(words(AlertKind::kBurnPage, stale(burning(0))).at("description"),
              "It cannot be measured now."));
  judgement = burning(2);
  judgement.exhaustion_seconds = kInf;
  CHECK(holds(words(AlertKind::kBurnTicket, judgement).at("description"),
              "3m 21s of the 4m 19s for 30d are left. Find"));
}

TEST_CASE("annotations of the objective replace ours and are added") {
  const auto judgement = with_spec(down(61'000), [](slo::SloSpec& spec) {
    spec.annotations = {{"runbook_url", "https://wiki/shop"}, {"owner", "web"}};
  });
  const Annotations own = words(AlertKind::kTargetDown, judgement);
  CHECK(own.at("runbook_url") == "https://wiki/shop");
  CHECK(own.at("owner") == "web");
  CHECK(holds(own.at("description"), "shop/website fails its checks."));
}

TEST_CASE("names get into URLs escaped, and no page is better than a wrong one") {
  AlertingSpec spec;
  slo::SloSpec slo;
  slo.service = "a b&c";
  slo.name = "é";
  CHECK(own_page(spec, slo).empty());
  spec.external_url = "http://host:9999/";
  CHECK(own_page(spec, slo) == "http://host:9999/?service=a%20b%26c&slo=%C3%A9");
}

}  // namespace alerts
