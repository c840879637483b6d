#include "app/health.h"

#include "tests/app/judged.h"
#include "tests/support/doctest.h"

namespace app {

using Answer = Health::Answer;

TEST_CASE("all up is yes") {
  const Health health = judge_health(test::judged("web", "web", {true, true, true}), {});
  CHECK(health.answer == Answer::kYes);
  CHECK(health.text == "2 objectives are up and within their budgets");
}

TEST_CASE("one down is no, with its name, how long and why") {
  const Health health = judge_health(test::judged("shop", "web", {true, false, false}), {});
  CHECK(health.answer == Answer::kNo);
  CHECK(health.text == "shop/web is down for 1s (connect)");
}

TEST_CASE("an objective nobody has seen yet is inconclusive") {
  const Health health = judge_health(test::judged("web", "web", {}), {});
  CHECK(health.answer == Answer::kInconclusive);
}

TEST_CASE("a history that does not get to disk is said behind the answer") {
  slo::StoreStatus store;
  store.durable = false;
  store.last_error = "disk full";
  const Health health = judge_health(test::judged("web", "web", {true, true}), store);
  CHECK(health.answer == Answer::kYes);
  CHECK(health.text.ends_with("; history is not durable: disk full"));
}

}  // namespace app
