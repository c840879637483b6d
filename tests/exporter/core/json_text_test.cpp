#include "exporter/core/json_text.h"

#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/doctest.h"

namespace exporter {

TEST_CASE("nesting is measured before parsing, and not inside strings") {
  CHECK_FALSE(is_too_deep(std::string(kMaxJsonDepth, '[')));
  CHECK(is_too_deep(std::string(kMaxJsonDepth + 1, '[')));
  CHECK_FALSE(is_too_deep("\"" + std::string(1000, '{') + "\""));
  CHECK_FALSE(is_too_deep("\"\\\"" + std::string(1000, '{') + "\""));
  std::string flat;
  for (int i = 0; i < 1000; ++i) flat += "[],";
  CHECK_FALSE(is_too_deep(flat));
}

TEST_CASE("what is no JSON, or too deep, is discarded") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(parse_json(nested(kMaxJsonDepth)).is_array());
  CHECK(parse_json(nested(kMaxJsonDepth + 1)).is_discarded());
  CHECK(parse_json("").is_discarded());
  CHECK(parse_json("{\"a\":1").is_discarded());
  CHECK(parse_json("{} {}").is_discarded());
  CHECK(parse_ordered_json(nested(kMaxJsonDepth + 1)).is_discarded());
}

TEST_CASE("members stand by name, or as they were read") {
  const std::string text = R"({"b":1,"a":[true,null]})";
  CHECK(json_text(parse_json(text)) == R"({"a":[true,null],"b":1})");
  CHECK(json_text(parse_ordered_json(text)) == text);
  CHECK(json_text(parse_ordered_json(R"({"b":1})"), 2) == "{\n  \"b\": 1\n}");
}

TEST_CASE("bytes that are not UTF-8 are replaced") {
  CHECK(json_text(nlohmann::json("caf\xe9")) == "\"caf\uFFFD\"");
}

}  // namespace exporter
