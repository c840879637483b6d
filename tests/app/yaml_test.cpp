#include "app/yaml.h"

#include "tests/support/doctest.h"

namespace app {
namespace {

std::vector<std::string> errors_of(const std::string& text, auto read) {
  ConfigErrors errors;
  if (const auto value = YamlValue::parse(text, "f.yml", errors)) read(*value);
  return errors.lines();
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("text that belongs to no document is an error, and reading it ends") {
  for (const char* text : {",a: b", "a: b\n]\n", "a: b\n---\nc: d\n"}) {
    ConfigErrors errors;
    CHECK_FALSE(YamlValue::parse(text, "f.yml", errors).has_value());
    CHECK(errors.lines().size() == 1);
  }
  ConfigErrors errors;
  CHECK(YamlValue::parse_all(",version: x\n---\na: b\n", "f.yml", errors).size() == 1);
  CHECK(errors.lines() ==
        std::vector<std::string>{"f.yml:1: YAML: there is text that belongs to no document"});
}

TEST_CASE("a file of several documents counts its lines from its first one") {
  ConfigErrors errors;
  const auto documents = YamlValue::parse_all("a: 1\n--- # two\nb: 2\n---\n", "f.yml", errors);
  REQUIRE(documents.size() == 2);
  CHECK(YamlMap(documents[1]).take("b")->line() == 3);
  CHECK(errors.empty());
}

TEST_CASE("an unknown key is an error with its line and the nearest known key") {
  const auto lines = errors_of("name: a\nwindw: 3d\n", [](const YamlValue& value) {
    YamlMap map(value);
    map.take("name");
    map.take("window");
    map.finish();
  });
  CHECK(lines == Lines{"f.yml:2: windw: unknown key, did you mean 'window'?"});
}

TEST_CASE("a key that stands twice, a missing one and an empty one are errors") {
  const auto lines = errors_of("a: 1\na: 2\nb:\n", [](const YamlValue& value) {
    YamlMap map(value);
    map.take("a");
    map.require("b");
    map.require("c");
    map.finish();
  });
  CHECK(lines ==
        Lines{"f.yml:1: 'c' is missing", "f.yml:2: a: stands twice", "f.yml:3: b: has no value"});
}

TEST_CASE("errors come in the order of their lines") {
  const auto lines = errors_of("a: x\nb: y\n", [](const YamlValue& value) {
    YamlMap map(value);
    map.take("b")->error("second");
    map.take("a")->error("first");
    map.finish();
  });
  CHECK(lines == Lines{"f.yml:1: a: first", "f.yml:2: b: second"});
}

TEST_CASE("values are text until they are read as something") {
  const auto lines =
      errors_of("a: 010\nb: 1.5s\nc: yes\nd: [1, 2]\ne: {x: 1}\n", [](const YamlValue& value) {
        YamlMap map(value);
        CHECK(map.take("a")->whole_number(0, 20) == 10);
        CHECK_FALSE(map.take("b")->duration_ms());
        CHECK_FALSE(map.take("c")->boolean());
        CHECK_FALSE(map.take("d")->text());
        CHECK_FALSE(map.take("e")->list());
        map.finish();
      });
  CHECK(lines == Lines{"f.yml:2: b: '1.5s' is not a duration such as 250ms, 5s, 1m30s or 30d",
                       "f.yml:3: c: 'yes' is neither true nor false",
                       "f.yml:4: d: must be a single value", "f.yml:5: e: must be a list"});
}

TEST_CASE("a zero duration is one only where it makes sense") {
  const auto lines = errors_of("a: 0s\nb: 0s\n", [](const YamlValue& value) {
    YamlMap map(value);
    CHECK(map.take("a")->duration_ms(true) == 0);
    CHECK_FALSE(map.take("b")->duration_ms());
    map.finish();
  });
  CHECK(lines.size() == 1);
}

TEST_CASE("broken YAML, bytes that are not UTF-8 and a list at the top are one error each") {
  const auto nothing = [](const YamlValue& value) { YamlMap(value).finish(); };
  CHECK(errors_of("a: [1,\n", nothing).size() == 1);
  CHECK(errors_of("a: \xff\n", nothing) == Lines{"f.yml:1: is not valid UTF-8"});
  CHECK(errors_of("- a\n", nothing) == Lines{"f.yml:1: must be a mapping"});
  CHECK(errors_of("", nothing).empty());
  CHECK(errors_of(std::string(100'000, '['), nothing).size() == 1);
}

}  // namespace app
