#include "exporter/core/directory.h"

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

std::vector<std::string> names_in(Directory& directory) {
  std::vector<std::string> names;
  REQUIRE(directory.for_each([&](std::string_view name) { names.emplace_back(name); }));
  std::ranges::sort(names);
  return names;
}

TEST_CASE("a directory is listed anew each time, more names than one block holds included") {
  const test::TempTree tree;
  tree.write("d/one", "");
  Directory directory(tree.path("d"));
  CHECK(names_in(directory) == std::vector<std::string>{"one"});
  const std::string long_name(200, 'x');
  for (int i = 0; i < 300; ++i) tree.write("d/" + long_name + std::to_string(i), "");
  CHECK(names_in(directory).size() == 301);
  for (int i = 0; i < 300; ++i) tree.remove("d/" + long_name + std::to_string(i));
  CHECK(names_in(directory) == std::vector<std::string>{"one"});
}

TEST_CASE("a missing directory is not found, a file is none, and both may come later") {
  const test::TempTree tree;
  Directory directory(tree.path("d"));
  const auto nothing = [](std::string_view) {};
  CHECK(directory.for_each(nothing).error().kind == ErrorKind::kNotFound);
  tree.write("d", "");
  CHECK(directory.for_each(nothing).error().kind == ErrorKind::kNotFound);
  tree.remove("d");
  tree.write("d/one", "");
  CHECK(names_in(directory) == std::vector<std::string>{"one"});
}

}  // namespace
}  // namespace exporter
