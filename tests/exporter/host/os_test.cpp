#include "exporter/host/os.h"

#include "tests/exporter/host/driven.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

TEST_CASE("os-release is read as a shell would") {
  const auto release = parse_os_release(
      "# comment=no\nNAME=\"A \\\"b\\\" \\n\"\nID=deb'i an'\nVERSION_ID='12'\n\nbroken\n=x\n"
      "VARIANT=a\\ b\nNAME_2=\"open\n");
  CHECK(release.size() == 5);
  CHECK(release.at("NAME") == "A \"b\" \\n");
  CHECK(release.at("ID") == "debi an");
  CHECK(release.at("VERSION_ID") == "12");
  CHECK(release.at("VARIANT") == "a b");
  CHECK(release.at("NAME_2") == "open");
}

TEST_CASE("the version is the number in front, the end of support a day") {
  CHECK(os_version("12") == 12);
  CHECK(os_version("22.04.1") == 22.04);
  CHECK(os_version("8.") == 8);
  CHECK_FALSE(os_version("rolling"));
  CHECK_FALSE(os_version(""));
  CHECK_FALSE(os_version("0"));
  CHECK(support_end("2028-06-30") == 1'845'936'000);
  for (const char* bad : {"", "2028-06-31", "2028/06/30", "2028-6-30", "x028-06-30", "forever-ago"})
    CHECK_FALSE_MESSAGE(support_end(bad), bad);
}

TEST_CASE("os reports etc/os-release, else usr/lib/os-release, and sees a new version") {
  test::TempTree tree;
  Driven os(make_host_context({.rootfs = tree.root()}), "os");
  CHECK(os.error() == ErrorKind::kNotFound);
  tree.write("usr/lib/os-release", "ID=alpine\nNAME=Alpine\nVERSION_ID=3.20.1\n");
  CHECK(os.scrape() ==
        "node_os_info{build_id=\"\",id=\"alpine\",id_like=\"\",image_id=\"\",image_version=\"\","
        "name=\"Alpine\",pretty_name=\"\",variant=\"\",variant_id=\"\",version=\"\","
        "version_codename=\"\",version_id=\"3.20.1\"} 1\n"
        "node_os_version{id=\"alpine\",id_like=\"\",name=\"Alpine\"} 3.2\n");
  tree.write("etc/os-release", "ID=fedora\nSUPPORT_END=2026-05-13\n");
  const std::string lines = os.scrape();
  CHECK(lines.find("id=\"fedora\"") != std::string::npos);
  CHECK(lines.find("node_os_version") == std::string::npos);
  CHECK(lines.find("node_os_support_end_timestamp_seconds 1778630400\n") != std::string::npos);
  tree.write("etc/os-release", "ID=other\n");
  CHECK(os.scrape().find("id=\"other\"") != std::string::npos);
  tree.write("etc/os-release", std::string_view("\0\xff=\n==\n\"", 8));
  CHECK(os.scrape().find("id=\"\"") != std::string::npos);
}

}  // namespace
}  // namespace exporter
