#include "exporter/core/number.h"

#include <charconv>
#include <clocale>
#include <cstring>
#include <limits>
#include <random>
#include <string>

#include "tests/support/doctest.h"

namespace exporter {
namespace {

std::string text(Number number) {
  char buffer[kMaxNumberBytes];
  return {buffer, write_number(buffer, number)};
}

TEST_CASE("integers are printed whole") {
  CHECK(text(0) == "0");
  CHECK(text(9) == "9");
  CHECK(text(10) == "10");
  CHECK(text(-1) == "-1");
  CHECK(text(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(text(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
}

TEST_CASE("fixed point loses trailing zeros and its point with them") {
  CHECK(text(Number::fixed(1234, 3)) == "1.234");
  CHECK(text(Number::fixed(1500, 3)) == "1.5");
  CHECK(text(Number::fixed(2000, 3)) == "2");
  CHECK(text(Number::fixed(0, 3)) == "0");
  CHECK(text(Number::fixed(5, 2)) == "0.05");
  CHECK(text(Number::fixed(100, 2)) == "1");
  CHECK(text(Number::fixed(7, 0)) == "7");
  CHECK(text(Number::fixed(1, 9)) == "0.000000001");
  CHECK(text(Number::fixed(std::numeric_limits<std::uint64_t>::max(), 9)) ==
        "18446744073.709551615");
}

TEST_CASE("doubles are printed in the shortest text that reads back the same") {
  CHECK(text(0.1) == "0.1");
  CHECK(text(78.336869) == "78.336869");
  CHECK(text(0.1 + 0.2) == "0.30000000000000004");
  CHECK(text(1e21) == "1e+21");
  CHECK(text(-2.2250738585072014e-308) == "-2.2250738585072014e-308");
  CHECK(text(5e-324) == "5e-324");
  CHECK(text(0.0) == "0");
  CHECK(text(-0.0) == "-0");
}

TEST_CASE("what is no number has the names of the text format") {
  CHECK(text(Number::nan()) == "NaN");
  CHECK(text(-std::numeric_limits<double>::quiet_NaN()) == "NaN");
  CHECK(text(std::numeric_limits<double>::infinity()) == "+Inf");
  CHECK(text(-std::numeric_limits<double>::infinity()) == "-Inf");
}

TEST_CASE("the locale has no say in how numbers are printed") {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  for (const char* locale : {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "C.UTF-8"}) {
    if (std::setlocale(LC_ALL, locale) == nullptr) continue;
    CHECK(text(1234567.5) == "1234567.5");
    CHECK(text(Number::fixed(12345, 2)) == "123.45");
  }
  std::setlocale(LC_ALL, before.c_str());
}

TEST_CASE("a product is exact while 64 bits hold it and a double beyond") {
  CHECK(text(Number::product(24684092, 1024)) == "25276510208");
  CHECK(text(Number::product(std::uint64_t{1} << 63, 1)) == "9223372036854775808");
  CHECK(Number::product(std::uint64_t{1} << 63, 512).is_real());
  CHECK(Number::product(std::uint64_t{1} << 63, 512).as_double() == 4.722366482869645e21);
}

TEST_CASE("integers around each power of ten have their number of digits") {
  for (std::uint64_t power = 1; power < 10'000'000'000'000'000'000U; power *= 10) {
    for (const std::uint64_t whole : {power - 1, power, power + 1, power * 2}) {
      CHECK(text(whole) == std::to_string(whole));
    }
  }
}

TEST_CASE("random numbers read back as they were") {
  std::mt19937_64 random(4);
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t whole = random() >> (random() % 64);
    const auto decimals = static_cast<std::uint8_t>(random() % 10);
    CHECK(text(whole) == std::to_string(whole));
    const std::string fixed = text(Number::fixed(whole, decimals));
    double back = 0;
    std::from_chars(fixed.data(), fixed.data() + fixed.size(), back);
    CHECK(back == doctest::Approx(Number::fixed(whole, decimals).as_double()).epsilon(1e-15));
    double real = 0;
    const std::uint64_t bits = random();
    std::memcpy(&real, &bits, sizeof real);
    if (!std::isfinite(real)) continue;
    const std::string printed = text(real);
    CHECK(printed.size() <= kMaxNumberBytes);
    std::from_chars(printed.data(), printed.data() + printed.size(), back);
    CHECK(back == real);
  }
}

}  // namespace
}  // namespace exporter
