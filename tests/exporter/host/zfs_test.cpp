#include "exporter/host/zfs.h"

#include "tests/exporter/host/machine.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("numbers are types 3 and 4 below the head line") {
  std::vector<KstatLine> lines;
  LineErrors errors;
  parse_kstat(
      "6 1 0x01 91 4368 5 9\nname type data\nhits 4 12\nfree 3 -5\nname_of 7 a b\nodd 2 1\n\n",
      lines, errors);
  CHECK(errors.count() == 0);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].number.whole() == 12);
  CHECK(lines[1].number.as_double() == -5);
  CHECK(lines[2].data == "a b");
}

TEST_CASE("a file without a head line is an error, a bad line costs itself") {
  std::vector<KstatLine> lines;
  LineErrors errors;
  parse_kstat("garbage\nhits 4 12\n", lines, errors);
  CHECK(lines.empty());
  CHECK(errors.count() == 1);
  parse_kstat("name type data\nhits 4 many\nmisses 4 1\nhalf 4 1.5\n", lines, errors);
  CHECK(lines.size() == 1);
  CHECK(errors.count() == 3);
}

TEST_CASE("the columns of a pool") {
  std::vector<KstatLine> columns;
  LineErrors errors;
  parse_kstat_io("12 3 0x00\nnread nwritten reads\n1884160 3206144 22\n", columns, errors);
  CHECK(errors.count() == 0);
  REQUIRE(columns.size() == 3);
  CHECK(columns[1].name == "nwritten");
  CHECK(columns[1].number.whole() == 3206144);
  parse_kstat_io("12 3 0x00\nnread nwritten reads\n1884160 x 22\n", columns, errors);
  CHECK(columns.size() == 1);
  parse_kstat_io("12 3 0x00\nnread nwritten reads\n", columns, errors);
  CHECK(columns.empty());
  parse_kstat_io("", columns, errors);
  CHECK(errors.count() == 3);
}

TEST_CASE("the module, pools and data sets; names the kernel makes are made clean") {
  Machine machine("zfs");
  machine.files("proc/spl/kstat/zfs",
                {{"arcstats", "1\nname type data\nhits 4 5\na-b 4 6\n"},
                 {"tank/state", "ONLINE\n"},
                 {"tank/io", "1\nnread nwritten\n7 8\n"},
                 {"tank/objset-0x36", "1\nname type data\ndataset_name 7 tank/a\nwrites 4 9\n"},
                 {"tank/objset-0x37", "1\nname type data\ndataset_name 7 tank/b\nwrites 4 10\n"}});
  machine.scrape();
  CHECK(machine.has("node_zfs_arc_hits 5"));
  CHECK(machine.has("node_zfs_arc_a_b 6"));
  CHECK(machine.has("node_zfs_zpool_state{state=\"online\",zpool=\"tank\"} 1"));
  CHECK(machine.has("node_zfs_zpool_state{state=\"degraded\",zpool=\"tank\"} 0"));
  CHECK(machine.has("node_zfs_zpool_nwritten{zpool=\"tank\"} 8"));
  CHECK(machine.has("node_zfs_zpool_dataset_writes{dataset=\"tank/b\",zpool=\"tank\"} 10"));
  CHECK(machine.samples() == 2 + 7 + 2 + 2);
  machine.tree().remove("proc/spl/kstat/zfs/tank");
  machine.scrape();
  CHECK(machine.samples() == 2);
  CHECK(machine.result());
}

TEST_CASE("a machine without ZFS has no data") {
  Machine machine("zfs");
  machine.scrape();
  CHECK(machine.result().error().kind == ErrorKind::kNotFound);
}

}  // namespace
}  // namespace exporter
