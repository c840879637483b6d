#include "exporter/core/name_filter.h"

#include "tests/support/doctest.h"

namespace exporter {
namespace {

bool passes(const std::string& include, const std::string& exclude, std::string_view name) {
  const auto filter = NameFilter::make(include, exclude);
  REQUIRE(filter);
  return filter->passes(name);
}

TEST_CASE("without patterns every name passes") {
  CHECK(NameFilter().passes("anything"));
  CHECK(passes("", "", ""));
}

TEST_CASE("patterns are searched anywhere in the name unless they are anchored") {
  CHECK(passes("eth", "", "veth0"));
  CHECK_FALSE(passes("^eth", "", "veth0"));
  CHECK_FALSE(passes("", "d\\d+$", "sd12"));
  CHECK(passes("", "d\\d+$", "sda"));
}

TEST_CASE("a name has to match the include and must not match the exclude") {
  CHECK(passes("^e", "0$", "eth1"));
  CHECK_FALSE(passes("^e", "0$", "eth0"));
  CHECK_FALSE(passes("^e", "0$", "lo"));
}

TEST_CASE("a pattern that does not compile is an error with its text") {
  const auto filter = NameFilter::make("", "a(b");
  REQUIRE_FALSE(filter);
  CHECK(filter.error().kind == ErrorKind::kInvalid);
  CHECK(filter.error().message.find("a(b") != std::string::npos);
}

TEST_CASE("names that are not UTF-8 are decided, not refused") {
  CHECK(passes("", "^x$", "\xFF\xFE"));
  CHECK_FALSE(passes("", "^b", "b\xFF"));
}

TEST_CASE("an ordered filter gives the filter's verdicts whatever the order of the names") {
  auto filter = NameFilter::make("", "^skip");
  REQUIRE(filter);
  OrderedFilter ordered(*filter);
  const std::vector<std::vector<std::string>> scrapes{{"a", "skip1", "b"},
                                                      {"a", "skip1", "b"},
                                                      {"b", "a"},
                                                      {"skip2", "b", "a", "skip1"},
                                                      {},
                                                      {"b"}};
  for (const auto& names : scrapes) {
    ordered.restart();
    for (const std::string& name : names) CHECK(ordered.passes(name) == filter->passes(name));
  }
}

}  // namespace
}  // namespace exporter
