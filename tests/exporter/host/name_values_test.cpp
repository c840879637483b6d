#include "exporter/host/name_values.h"

#include <random>

#include "exporter/core/scan.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

NameFilter filter(const std::string& include) { return NameFilter::make(include, "").value(); }

std::string picked(WantedLines& lines, std::string_view text, std::size_t* bad = nullptr) {
  std::vector<NameValue> values;
  LineErrors errors;
  lines.parse(text, values, errors);
  if (bad != nullptr) *bad = errors.count();
  std::string out;
  for (const NameValue& value : values) {
    out += std::string(value.name) + "=" +
           std::to_string(static_cast<std::int64_t>(value.value.as_double())) + " ";
  }
  return out;
}

TEST_CASE("wanted lines are picked, others only stepped over") {
  WantedLines lines(filter("^pg"));
  CHECK(picked(lines, "nr_free 1\npgpgin 2\nunwanted garbage\npgfault 3\n") ==
        "pgpgin=2 pgfault=3 ");
  CHECK(picked(lines, "nr_free 9\npgpgin 8\nunwanted garbage\npgfault 7\n") ==
        "pgpgin=8 pgfault=7 ");
}

TEST_CASE("lines that move, appear or go are found again") {
  WantedLines lines(filter("^pg"));
  CHECK(picked(lines, "a 1\npgx 2\nb 3\n") == "pgx=2 ");
  CHECK(picked(lines, "pgx 2\na 1\nb 3\n") == "pgx=2 ");
  CHECK(picked(lines, "pgx 2\na 1\nb 3\npgy 4\n") == "pgx=2 pgy=4 ");
  CHECK(picked(lines, "a 1\nb 3\n") == "");
  CHECK(picked(lines, "") == "");
  CHECK(picked(lines, "pgy 4") == "pgy=4 ");
}

TEST_CASE("a wanted line without a number is counted and the others stay") {
  WantedLines lines(filter("^pg"));
  std::size_t bad = 0;
  CHECK(picked(lines, "pgx many\npgy -5\n", &bad) == "pgy=-5 ");
  CHECK(bad == 1);
  CHECK(picked(lines, "pgx many\npgy 6\n", &bad) == "pgy=6 ");
  CHECK(bad == 1);
}

TEST_CASE("a name can be reported under another") {
  WantedLines lines(filter("^P_"), [](std::string_view name) { return "P_" + std::string(name); });
  CHECK(picked(lines, "x 1\n") == "P_x=1 ");
}

// As in the kernel: lines have a fixed order, and more of them appear while it runs.
TEST_CASE("keeping places gives what searching every time gives") {
  const std::vector<std::string> names{"w0", "n0", "w1", "w2", "n1", "n2", "w3", "n3"};
  std::mt19937 random(3);
  for (int run = 0; run < 300; ++run) {
    WantedLines kept(filter("^w"));
    std::vector<bool> present(names.size(), false);
    for (int scrape = 0; scrape < 12; ++scrape) {
      if (random() % 2 == 0) present[random() % names.size()] = true;
      std::string text;
      for (std::size_t i = 0; i < names.size(); ++i) {
        if (!present[i]) continue;
        text += names[i] + " " + (random() % 9 == 0 ? "x" : std::to_string(random() % 100)) + "\n";
      }
      WantedLines fresh(filter("^w"));
      std::size_t kept_bad = 0;
      std::size_t fresh_bad = 0;
      REQUIRE(picked(kept, text, &kept_bad) == picked(fresh, text, &fresh_bad));
      REQUIRE(kept_bad == fresh_bad);
    }
  }
}

}  // namespace
}  // namespace exporter
