#include "exporter/core/text.h"

#include <random>

#include "tests/support/doctest.h"

namespace exporter {
namespace {

std::string valid(std::string_view text) {
  std::string out;
  append_valid_utf8(out, text);
  return out;
}

std::string label(std::string_view value) {
  std::string out;
  append_label_value(out, value);
  return out;
}

TEST_CASE("valid UTF-8 passes unchanged") {
  for (const char* text :
       {"", "plain", "\xC2\x80", "\xC3\xA9", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    CHECK(is_valid_utf8(text));
    CHECK(valid(text) == text);
  }
}

TEST_CASE("overlong forms, surrogates, stray and missing bytes are invalid") {
  for (const char* text :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE0\x80\x80", "\xE0\x9F\xBF",
        "\xED\xA0\x80", "\xED\xBF\xBF", "\xE2\x82", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    CHECK_FALSE(is_valid_utf8(text));
    CHECK(valid(text) == "\xEF\xBF\xBD");
  }
}

TEST_CASE("each run of invalid bytes becomes one replacement character") {
  CHECK(valid("a\xFF\xFE\xFD"
              "b\x80"
              "c") ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD"
        "c");
}

TEST_CASE("whatever the bytes, the result is valid and clean text stays") {
  std::mt19937 random(7);
  for (int i = 0; i < 5000; ++i) {
    std::string bytes(random() % 40, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random() % 4 == 0 ? random() : 'a');
    const std::string cleaned = valid(bytes);
    CHECK(is_valid_utf8(cleaned));
    CHECK(valid(cleaned) == cleaned);
    CHECK(is_valid_utf8(label(bytes)));
    CHECK(is_valid_utf8(printable(bytes)));
    if (is_valid_utf8(bytes)) CHECK(cleaned == bytes);
  }
}

TEST_CASE("a label value has backslash, quote and newline escaped") {
  CHECK(label("C:\\x \"y\"\nz") == R"(C:\\x \"y\"\nz)");
  CHECK(label("tab\tand\rstay") == "tab\tand\rstay");
}

TEST_CASE("a long label value is cut at a character and marked, and two long ones stay two") {
  const std::string exact(kMaxLabelValueBytes, 'x');
  CHECK(label(exact) == exact);
  const std::string one = label(exact + "1");
  const std::string two = label(exact + "2");
  CHECK(one.starts_with(exact + "~"));
  CHECK(one.size() <= kMaxLabelValueBytes + 17);
  CHECK(one != two);
  std::string accents;
  for (int i = 0; i < 5000; ++i) accents += "\xC3\xA9";
  CHECK(is_valid_utf8(label("x" + accents)));
}

TEST_CASE("help text has backslash and newline escaped, quotes stay") {
  std::string out;
  append_help(out, "a \"b\"\n\\");
  CHECK(out == "a \"b\"\\n\\\\");
}

TEST_CASE("a metric name has only the characters that names may have") {
  std::string out;
  append_metric_name(out, "Active(anon) 2:\xC3\xA9-");
  CHECK(out == "Active_anon__2:___");
}

TEST_CASE("text for people shows control characters and is cut") {
  CHECK(printable("a\x1b[31m\r\n\x7f") == "a\\x1b[31m\\x0d\\x0a\\x7f");
  CHECK(printable("\xFF") == "\xEF\xBF\xBD");
  CHECK(printable("abcdef", 3) == "abc...");
  CHECK(printable("abc", 3) == "abc");
}

}  // namespace
}  // namespace exporter
