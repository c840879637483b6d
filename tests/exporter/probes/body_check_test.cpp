#include "exporter/probes/body_check.h"

#include "tests/support/doctest.h"

namespace exporter {
namespace {

// What is wrong with a body that comes in pieces of `piece` bytes; empty: nothing.
std::string verdict_on(const HttpTarget& target, std::string_view body, std::size_t piece = 3) {
  BodyCheck check(target);
  for (std::size_t at = 0; at < body.size(); at += piece) {
    CHECK(check.take(body.substr(at, piece)));
  }
  const auto failure = check.verdict();
  return failure ? failure->reason : "";
}

TEST_CASE("patterns are found wherever they are, and may be forbidden") {
  HttpTarget target;
  target.body_matches = "ready in [0-9]+ms";
  target.body_lacks = "(?i)error";
  CHECK(verdict_on(target, "ready in 12ms").empty());
  CHECK(verdict_on(target, "ready soon") ==
        "the body does not match the pattern ready in [0-9]+ms");
  CHECK(verdict_on(target, "ready in 12ms, one Error") == "the body matches the pattern (?i)error");
}

TEST_CASE("a text is found beside a pattern too") {
  HttpTarget target;
  target.body_matches = "a";
  target.body_contains = "abc";
  CHECK(verdict_on(target, "xxabcxx").empty());
  CHECK(verdict_on(target, "xxabxcxx") == "the body does not contain the expected text");
}

TEST_CASE("values of JSON are compared as values") {
  const auto verdict = [](const char* pointer, const char* wanted, std::string_view body) {
    HttpTarget target;
    target.body_json = {{pointer, wanted}};
    return verdict_on(target, body);
  };
  constexpr std::string_view kBody = R"({"status": "up", "n": 3.0, "ok": true, "a/b": [null]})";
  CHECK(verdict("/status", "up", kBody).empty());
  CHECK(verdict("/status", "\"up\"", kBody).empty());
  CHECK(verdict("/n", "3", kBody).empty());
  CHECK(verdict("/ok", "true", kBody).empty());
  CHECK(verdict("/a~1b/0", "null", kBody).empty());
  CHECK(verdict("/ok", "\"true\"", kBody) == "the body's /ok is true, not \"true\"");
  CHECK(verdict("/gone", "1", kBody) == "the body has no value at /gone");
  CHECK(verdict("/a~1b/x", "1", kBody) == "the body has no value at /a~1b/x");
  CHECK(verdict("/status", "up", "<html>") == "the body is not JSON");
  CHECK(verdict("/status", "up", "") == "the body is not JSON");
}

TEST_CASE("JSON that is nested without end ends nothing") {
  HttpTarget target;
  target.body_json = {{"/a", "1"}};
  CHECK_FALSE(verdict_on(target, std::string(200'000, '['), 4096).empty());
  // What is asked for may stand above.
  const std::string deep = std::string(200, '[') + std::string(200, ']');
  CHECK(verdict_on(target, R"({"b": )" + deep + R"(, "a": 1})").empty());
}

TEST_CASE("no more than the limit is kept") {
  HttpTarget target;
  target.body_matches = "end$";
  BodyCheck check(target);
  CHECK(check.take(std::string(kMaxProbedBytes, 'x')));
  CHECK_FALSE(check.take("end"));
  CHECK(check.bytes() == kMaxProbedBytes);
  CHECK(check.verdict());
  check.reset();
  CHECK(check.bytes() == 0);
}

TEST_CASE("patterns and pointers that are none are told") {
  CHECK(pattern_error("a+").empty());
  CHECK_FALSE(pattern_error("a(").empty());
  CHECK(json_pointer_error("/a/b").empty());
  CHECK(json_pointer_error("a") == "'a' is not a JSON pointer such as /status/db");
}

}  // namespace
}  // namespace exporter
