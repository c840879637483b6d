#include "app/api.h"

#include <nlohmann/json.hpp>

#include "tests/app/judged.h"
#include "tests/support/doctest.h"

namespace app {

using Json = nlohmann::json;

TEST_CASE("objectives are told with state, verdict, uptime, budget and the open incident") {
  const Json json = Json::parse(slos_json(test::judged("shop", "web", {true, true, false, false})));
  CHECK(json.at("schema") == 1);
  REQUIRE(json.at("slos").size() == 2);
  const Json& slo = json["slos"][0];
  CHECK(slo.at("service") == "shop");
  CHECK(slo.at("slo") == "web");
  CHECK(slo.at("state") == "down");
  CHECK(slo.at("cause") == "connect");
  CHECK(slo.at("objective") == 0.9999);
  CHECK(slo.at("window") == "30d");
  CHECK(slo.at("verdict") == "undetermined");
  CHECK(slo.at("budget_seconds").at("total") == doctest::Approx(259.2));
  CHECK(slo.at("budget_seconds").at("consumed") == 1.0);
  CHECK(slo.at("events").at("bad") == 2);
  CHECK(slo.at("windows").contains("1h"));
  CHECK(slo.at("incident").at("open") == true);
  CHECK(slo.at("incident").at("end").is_null());
  CHECK(slo.at("incident").at("start") == 1'800'000'003.0);
}

TEST_CASE("what is undefined is null, never 0") {
  const Json json = Json::parse(slos_json(test::judged("web", "web", {true, true})));
  const Json& slo = json["slos"][0];
  CHECK(slo.at("incidents").at("mttr_seconds").is_null());
  CHECK(slo.at("incidents").at("mttf_seconds").is_null());
  CHECK(slo.at("exhaustion_seconds").is_null());  // never, at no burn
  CHECK(slo.at("incident").is_null());
}

TEST_CASE("incidents come newest first, the ended ones with their end") {
  const Json json =
      Json::parse(incidents_json(test::judged("web", "web", {true, false, true, true})));
  REQUIRE(json.at("incidents").size() == 1);
  CHECK(json["incidents"][0].at("open") == false);
  CHECK(json["incidents"][0].at("start") == 1'800'000'002.0);
  CHECK(json["incidents"][0].at("end") == 1'800'000'003.0);
  CHECK(json["incidents"][0].at("duration_seconds") == 1.0);
  CHECK(Json::parse(incidents_json(test::judged("web", "web", {})))["incidents"].empty());
}

TEST_CASE("names that are not UTF-8 still give valid JSON") {
  CHECK(Json::accept(slos_json(test::judged("\xff\"\n", "web", {true}))));
}

TEST_CASE("the status answer is a word and a sentence") {
  const Json json = Json::parse(status_json({Health::Answer::kNo, "web is down"}));
  CHECK(json.at("healthy") == "no");
  CHECK(json.at("text") == "web is down");
}

}  // namespace app
