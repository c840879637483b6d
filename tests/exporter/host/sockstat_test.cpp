#include "exporter/host/sockstat.h"

#include "tests/exporter/host/driver.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

TEST_CASE("sockstat gives pairs of names and numbers per protocol") {
  LineErrors errors;
  std::vector<SocketCount> counts;
  parse_sockstat("sockets: used 13\nTCP: inuse 1 mem 65\nRAW:\n", counts, errors);
  CHECK(errors.count() == 0);
  REQUIRE(counts.size() == 3);
  CHECK(counts[2].protocol == "TCP");
  CHECK(counts[2].name == "mem");
  CHECK(counts[2].value == 65);
}

TEST_CASE("a corrupt line of sockstat is counted once, what was read of it stays") {
  LineErrors errors;
  std::vector<SocketCount> counts;
  parse_sockstat("TCP: inuse 1 mem many\nUDP inuse 2\nFRAG: inuse\n: x 1\n\nRAW: inuse 3\n", counts,
                 errors);
  REQUIRE(counts.size() == 2);
  CHECK(counts[0].value == 1);
  CHECK(counts[1].value == 3);
  CHECK(errors.count() == 5);
}

TEST_CASE("a protocol without sockets is told from one with some and from one not named") {
  const std::string_view text =
      "UDP: inuse 0 mem 0\nUDPLITE: inuse 1\nRAW: inuse 10\nFRAG: x 0\nTCP:";
  CHECK(has_no_sockets(text, "UDP:"));
  CHECK_FALSE(has_no_sockets(text, "UDPLITE:"));
  CHECK_FALSE(has_no_sockets(text, "RAW:"));
  CHECK_FALSE(has_no_sockets(text, "FRAG:"));
  CHECK_FALSE(has_no_sockets(text, "TCP:"));
  CHECK_FALSE(has_no_sockets(text, "UDP6:"));
  CHECK_FALSE(has_no_sockets("UDP: inuse many\n", "UDP:"));
  CHECK_FALSE(has_no_sockets("", "UDP:"));
}

TEST_CASE("memory of sockets is also reported in bytes") {
  test::TempTree tree;
  tree.write("net/sockstat", "TCP: inuse 1 mem 65\n");
  tree.write("net/sockstat6", "TCP6: inuse 2\n");
  HostContext context = make_host_context({.procfs = tree.root()});
  context.page_bytes = 4096;
  Driver driver(context, {"sockstat"});
  const std::string& page = driver.scrape();
  CHECK(page.find("\nnode_sockstat_TCP_mem 65\n") != std::string::npos);
  CHECK(page.find("\nnode_sockstat_TCP_mem_bytes 266240\n") != std::string::npos);
  CHECK(page.find("\nnode_sockstat_TCP6_inuse 2\n") != std::string::npos);
}

TEST_CASE("sockstat6 may be missing, sockstat may not") {
  test::TempTree tree;
  tree.write("net/sockstat", "TCP: inuse 1\n");
  Driver driver(make_host_context({.procfs = tree.root()}), {"sockstat"});
  driver.scrape();
  CHECK(driver.result("sockstat"));
  tree.write("net/sockstat6", "broken\n");
  driver.scrape();
  CHECK(driver.result("sockstat").error().kind == ErrorKind::kParse);
  test::TempTree empty;
  Driver without(make_host_context({.procfs = empty.root()}), {"sockstat"});
  without.scrape();
  CHECK(without.result("sockstat").error().kind == ErrorKind::kNotFound);
}

}  // namespace
}  // namespace exporter
