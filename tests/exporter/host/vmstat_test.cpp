#include "exporter/host/vmstat.h"

#include "tests/exporter/host/driver.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

TEST_CASE("by default vmstat reports paging, swapping, faults and out-of-memory kills") {
  test::TempTree tree;
  tree.write("vmstat",
             "nr_free_pages 1\npgpgin 2\npswpout 3\npgmajfault 4\noom_kill 5\nnr_unstable 6\n");
  Driver driver(make_host_context({.procfs = tree.root()}), {"vmstat"});
  const std::string& page = driver.scrape();
  CHECK(driver.result("vmstat"));
  for (const char* line : {"node_vmstat_pgpgin 2", "node_vmstat_pswpout 3",
                           "node_vmstat_pgmajfault 4", "node_vmstat_oom_kill 5"}) {
    CHECK(page.find(std::string("untyped\n") + line + "\n") != std::string::npos);
  }
  CHECK(page.find("nr_") == std::string::npos);
}

TEST_CASE("other lines of vmstat can be asked for, and a bad pattern names the flag") {
  test::TempTree tree;
  tree.write("vmstat", "nr_free_pages 1\npgpgin 2\n");
  HostContext context = make_host_context({.procfs = tree.root()});
  context.options["vmstat.fields"] = "^nr_";
  Driver driver(context, {"vmstat"});
  CHECK(driver.scrape().find("node_vmstat_nr_free_pages 1\n") != std::string::npos);
  context.options["vmstat.fields"] = "(";
  const auto refused = vmstat_row().make(context);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::kInvalid);
  CHECK(refused.error().message.starts_with("--collector.vmstat.fields: "));
}

TEST_CASE("vmstat says what it could not read, and is absent without its file") {
  test::TempTree tree;
  tree.write("vmstat", "pgpgin\npgpgout 7\n");
  Driver driver(make_host_context({.procfs = tree.root()}), {"vmstat"});
  CHECK(driver.scrape().ends_with("node_vmstat_pgpgout 7\n"));
  CHECK(driver.result("vmstat").error().kind == ErrorKind::kParse);
  tree.remove("vmstat");
  Driver without(make_host_context({.procfs = tree.root()}), {"vmstat"});
  without.scrape();
  CHECK(without.result("vmstat").error().kind == ErrorKind::kNotFound);
}

}  // namespace
}  // namespace exporter
