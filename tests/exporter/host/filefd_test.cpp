#include "exporter/host/filefd.h"

#include "tests/exporter/host/driver.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

TEST_CASE("file-nr holds allocated, free and maximum") {
  const auto handles = parse_file_nr("1184\t0\t9223372036854775807\n");
  REQUIRE(handles);
  CHECK(handles->allocated == 1184);
  CHECK(handles->maximum == 9223372036854775807);
}

TEST_CASE("file-nr with fewer numbers is not read") {
  for (const char* text : {"", "1184", "1184\t0", "a\t0\t1"}) CHECK_FALSE(parse_file_nr(text));
}

TEST_CASE("file handles are reported, corrupt or missing they are an error") {
  test::TempTree tree;
  tree.write("sys/fs/file-nr", "7\t0\t9\n");
  Driver driver(make_host_context({.procfs = tree.root()}), {"filefd"});
  CHECK(driver.scrape().find("\nnode_filefd_allocated 7\n") != std::string::npos);
  CHECK(driver.scrape().ends_with("\nnode_filefd_maximum 9\n"));
  tree.write("sys/fs/file-nr", "7\n");
  CHECK(driver.scrape().empty());
  CHECK(driver.result("filefd").error().kind == ErrorKind::kParse);
  test::TempTree empty;
  Driver without(make_host_context({.procfs = empty.root()}), {"filefd"});
  without.scrape();
  CHECK(without.result("filefd").error().kind == ErrorKind::kNotFound);
}

}  // namespace
}  // namespace exporter
