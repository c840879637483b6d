#include "exporter/host/meminfo.h"

#include "tests/exporter/host/driver.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

TEST_CASE("every line of meminfo is a field, in KiB or a plain count") {
  LineErrors errors;
  std::vector<MemoryField> fields;
  parse_meminfo(
      "MemTotal:       24684092 kB\n"
      "Active(anon):     345340 kB\n"
      "HugePages_Total:       2\n",
      fields, errors);
  CHECK(errors.count() == 0);
  REQUIRE(fields.size() == 3);
  CHECK(fields[0].name == "MemTotal");
  CHECK(fields[0].value == 24684092);
  CHECK(fields[0].in_kib);
  CHECK(fields[1].name == "Active");
  CHECK(fields[1].part == "anon");
  CHECK(fields[2].name == "HugePages_Total");
  CHECK_FALSE(fields[2].in_kib);
}

TEST_CASE("corrupt lines of meminfo are skipped and counted") {
  LineErrors errors;
  std::vector<MemoryField> fields;
  parse_meminfo("MemTotal 5 kB\nMemFree: five kB\nCached: 7 MB\n: 1 kB\n\nDirty: 9 kB", fields,
                errors);
  REQUIRE(fields.size() == 1);
  CHECK(fields[0].name == "Dirty");
  CHECK(errors.count() == 5);
}

TEST_CASE("memory is reported in bytes under the names of node_exporter") {
  test::TempTree tree;
  tree.write("meminfo", "Inactive(file): 3 kB\nHugePages_Free: 4\nOdd-Name: 1 kB\nbad\n");
  Driver driver(make_host_context({.procfs = tree.root()}), {"meminfo"});
  const std::string& page = driver.scrape();
  CHECK(page.find("\nnode_memory_Inactive_file_bytes 3072\n") != std::string::npos);
  CHECK(page.find("\nnode_memory_HugePages_Free 4\n") != std::string::npos);
  CHECK(page.find("\nnode_memory_Odd_Name_bytes 1024\n") != std::string::npos);
  CHECK(driver.result("meminfo").error().message == tree.path("meminfo") + ": cannot read 'bad'");
}

TEST_CASE("without meminfo there is nothing to report") {
  test::TempTree tree;
  Driver driver(make_host_context({.procfs = tree.root()}), {"meminfo"});
  CHECK(driver.scrape().empty());
  CHECK(driver.result("meminfo").error().kind == ErrorKind::kNotFound);
}

}  // namespace
}  // namespace exporter
