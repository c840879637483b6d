#include "exporter/host/table.h"

#include <unistd.h>

#include <algorithm>
#include <set>

#include "tests/exporter/host/driver.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("every collector of the table is made and carries its row's name") {
  const HostContext context = make_host_context({});
  for (const CollectorRow& row : host_collectors()) {
    const auto collector = row.make(context);
    REQUIRE_MESSAGE(collector, row.name);
    CHECK((*collector)->name() == row.name);
    CHECK_FALSE(row.help.empty());
  }
}

TEST_CASE("rows stand in the order of their names, and options carry the name of their collector") {
  std::set<std::string_view> options;
  CHECK(std::ranges::is_sorted(host_collectors(), {}, &CollectorRow::name));
  for (const CollectorRow& row : host_collectors()) {
    for (const CollectorOption& option : row.options) {
      // node_exporter spells powersupplyclass' flags "powersupply.…".
      CHECK(row.name.starts_with(option.name.substr(0, option.name.find('.'))));
      CHECK(options.insert(option.name).second);
    }
  }
}

TEST_CASE("an option is what was set, else the table's default") {
  HostContext context = make_host_context({});
  CHECK(context.option("stat.softirq") == "false");
  CHECK_FALSE(context.is_set("stat.softirq"));
  context.options["stat.softirq"] = "true";
  CHECK(context.option("stat.softirq") == "true");
  CHECK(context.is_set("stat.softirq"));
}

TEST_CASE(
    "on this machine every collector gives its samples, or there is nothing that we may read") {
  Driver driver(make_host_context({}));
  driver.scrape();
  for (const CollectorRow& row : host_collectors()) {
    const Result<void>& result = driver.result(row.name);
    const bool may = result || result.error().kind == ErrorKind::kNotFound ||
                     (::geteuid() != 0 && result.error().message.ends_with("Permission denied"));
    CHECK_MESSAGE(may, row.name);
  }
}

}  // namespace
}  // namespace exporter
