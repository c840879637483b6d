#include "slo/objective.h"

#include "tests/support/doctest.h"

using slo::parse_decimal;
using slo::parse_objective;

TEST_CASE("an objective is kept as the decimal that was written") {
  const auto four_nines = parse_objective("99.99");
  REQUIRE(four_nines);
  CHECK(four_nines->good_ppb == 999'900'000);
  CHECK(four_nines->budget_ppb() == 100'000);
  // 1 - 0.9999 in doubles is 0.00010000000000005; these are the doubles nearest to the decimals.
  CHECK(four_nines->ratio() == 0.9999);
  CHECK(four_nines->budget_ratio() == 0.0001);
  CHECK(parse_objective("99.9")->budget_ratio() == 0.001);
  CHECK(parse_objective("99.9999999")->budget_ppb() == 1);
}

TEST_CASE("an objective prints as it was written, without zeros behind") {
  const auto f = [](const char* text, const char* want) {
    const auto objective = parse_objective(text);
    REQUIRE(objective);
    CHECK(objective->percent() == want);
  };
  f("99.99", "99.99");
  f("99.990 %", "99.99");
  f("95", "95");
  f("0.5%", "0.5");
  f("99.9999999", "99.9999999");
  f("90.0000000000", "90");
}

TEST_CASE("an objective that cannot be is refused with its text") {
  const auto f = [](const char* text) {
    const auto objective = parse_objective(text);
    REQUIRE_FALSE(objective);
    CHECK(objective.error().kind == exporter::ErrorKind::kInvalid);
    CHECK(objective.error().message.find(text) != std::string::npos);
  };
  f("");
  f(".");
  f("0");
  f("100");
  f("100.1");
  f("-1");
  f("1e2");
  f("99,99");
  f("99.99999999");  // eight decimals
  f("99.9.9");
  f("99999999999999999999");
  f("four nines");
}

TEST_CASE("a decimal is scaled without rounding") {
  CHECK(parse_decimal("12.5", 4) == 125'000);
  CHECK(parse_decimal("2", 4) == 20'000);
  CHECK(parse_decimal(" .25 ", 2) == 25);
  CHECK(parse_decimal("3.", 1) == 30);
  CHECK(parse_decimal("1.000", 0) == 1);
  CHECK_FALSE(parse_decimal("1.001", 2));
  CHECK_FALSE(parse_decimal("9223372036854775807", 1));
}
