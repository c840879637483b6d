#include "exporter/host/conntrack.h"

#include "tests/exporter/host/driven.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

constexpr std::string_view kStat =
    "entries clashres found new invalid ignore delete chainlength insert insert_failed drop "
    "early_drop icmp_error expect_new expect_create expect_delete search_restart\n"
    "0000001f 00 02 00 0a 10 00 00 01 02 03 04 00 00 00 00 ff\n"
    "0000001f 00 01 00 00 01 00 00 01 00 00 00 00 00 00 00 01\n";

TEST_CASE("conntrack's counters are gauges, sums over the CPUs of hexadecimal columns") {
  test::TempTree tree;
  tree.write("sys/net/netfilter/nf_conntrack_count", "31\n");
  tree.write("sys/net/netfilter/nf_conntrack_max", "262144\n");
  tree.write("net/stat/nf_conntrack", kStat);
  Driven conntrack(make_host_context({.procfs = tree.root()}), "conntrack");
  CHECK(conntrack.scrape() ==
        "node_nf_conntrack_entries 31\n"
        "node_nf_conntrack_entries_limit 262144\n"
        "node_nf_conntrack_stat_found 3\n"
        "node_nf_conntrack_stat_invalid 10\n"
        "node_nf_conntrack_stat_ignore 17\n"
        "node_nf_conntrack_stat_insert 2\n"
        "node_nf_conntrack_stat_insert_failed 2\n"
        "node_nf_conntrack_stat_drop 3\n"
        "node_nf_conntrack_stat_early_drop 4\n"
        "node_nf_conntrack_stat_search_restart 256\n");
  CHECK(conntrack.result());
  CHECK(conntrack.page().find("counter") == std::string::npos);
}

TEST_CASE("a kernel that does not track has nothing; one without counters still has entries") {
  test::TempTree tree;
  Driven conntrack(make_host_context({.procfs = tree.root()}), "conntrack");
  CHECK(conntrack.error() == ErrorKind::kNotFound);
  tree.write("sys/net/netfilter/nf_conntrack_count", "31\n");
  tree.write("sys/net/netfilter/nf_conntrack_max", "262144\n");
  CHECK(conntrack.scrape() ==
        "node_nf_conntrack_entries 31\nnode_nf_conntrack_entries_limit 262144\n");
  CHECK(conntrack.error() == ErrorKind::kNotFound);
}

TEST_CASE("a corrupt line of conntrack's counters costs only itself") {
  LineErrors errors;
  std::string text(kStat);
  text += "1 2 3\n00 00 zz\n1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n\n";
  CHECK(parse_conntrack(text, errors)[0] == 3);
  CHECK(errors.count() == 4);
  test::TempTree tree;
  tree.write("sys/net/netfilter/nf_conntrack_count", "many\n");
  Driven conntrack(make_host_context({.procfs = tree.root()}), "conntrack");
  CHECK(conntrack.error() == ErrorKind::kParse);
}

TEST_CASE("older kernels lack the last column") {
  LineErrors errors;
  const auto stats = parse_conntrack("head\n1 1 5 1 1 1 1 1 1 1 1 1 1 1 1 1\n", errors);
  CHECK(errors.count() == 0);
  CHECK(stats.front() == 5);
  CHECK(stats.back() == 0);
}

}  // namespace
}  // namespace exporter
