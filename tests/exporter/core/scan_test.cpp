#include "exporter/core/scan.h"

#include <array>

#include "exporter/core/line_errors.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("lines come off one by one, with or without a newline at the end") {
  std::string_view text = "one\n\ntwo";
  std::string_view line;
  CHECK(next_line(text, line));
  CHECK(line == "one");
  CHECK(next_line(text, line));
  CHECK(line.empty());
  CHECK(next_line(text, line));
  CHECK(line == "two");
  CHECK_FALSE(next_line(text, line));
  text = "\n";
  CHECK(next_line(text, line));
  CHECK_FALSE(next_line(text, line));
}

TEST_CASE("words are divided by any number of blanks and tabs") {
  std::string_view text = "  a \t bc  ";
  CHECK(next_word(text) == "a");
  CHECK(next_word(text) == "bc");
  CHECK(next_word(text).empty());
}

TEST_CASE("a number is taken as far as it goes, and what is none stays where it is") {
  std::string_view text = " 12kB";
  CHECK(next_number<std::uint64_t>(text) == 12);
  CHECK(text == "kB");
  CHECK_FALSE(next_number<std::uint64_t>(text));
  CHECK(text == "kB");
  text = "9999999999999999999 18446744073709551615 00000000000000000000007";
  CHECK(next_number<std::uint64_t>(text) == 9999999999999999999U);
  CHECK(next_number<std::uint64_t>(text) == 18446744073709551615U);
  CHECK(next_number<std::uint64_t>(text) == 7);
  CHECK(text.empty());
  text = "18446744073709551616";
  CHECK_FALSE(next_number<std::uint64_t>(text));
  text = "-1";
  CHECK_FALSE(next_number<std::uint64_t>(text));
  CHECK(next_number<std::int64_t>(text) == -1);
  text = "ff 10";
  CHECK(next_number<std::uint32_t>(text, 16) == 0xFF);
}

TEST_CASE("an integer of either sign is a number") {
  std::string_view text = "18446744073709551615 -9 x";
  CHECK(next_integer(text)->whole() == 18446744073709551615U);
  CHECK(next_integer(text)->as_double() == -9);
  CHECK_FALSE(next_integer(text));
}

TEST_CASE("a whole text is a number or it is none") {
  CHECK(to_number<int>("42") == 42);
  CHECK(to_number<double>("0.25") == 0.25);
  CHECK_FALSE(to_number<int>("42 "));
  CHECK_FALSE(to_number<int>(""));
}

TEST_CASE("numbers fill an array from the front") {
  std::array<std::uint64_t, 3> values{};
  std::string_view text = "1 2";
  CHECK(next_numbers(text, values) == 2);
  text = "1 2 3 4";
  CHECK(next_numbers(text, values) == 3);
  CHECK(text == " 4");
  text = "1 x 3";
  CHECK(next_numbers(text, values) == 1);
}

TEST_CASE("bad lines become one error that names the path and the first of them") {
  LineErrors errors;
  CHECK(errors.result("/proc/x"));
  errors.add("bad\x1b");
  CHECK(errors.result("/proc/x").error().message == "/proc/x: cannot read 'bad\\x1b'");
  errors.add("worse");
  CHECK(errors.result("/proc/x").error().message == "/proc/x: cannot read 'bad\\x1b' and 1 more");
  CHECK(errors.result("/proc/x").error().kind == ErrorKind::kParse);
}

}  // namespace
}  // namespace exporter
