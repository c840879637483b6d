#include "exporter/host/xfs.h"

#include "tests/exporter/host/machine.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("columns get their names, those of unknown lines are passed over") {
  Machine machine("xfs");
  machine.file("sys/fs/xfs/sda1/stats/stats", "extent_alloc 1 2 3 4 5\nrw 28 7\nnew 1\n");
  machine.file("sys/fs/xfs/stats/stats", "rw 9 9\n");
  machine.scrape();
  CHECK(machine.has("node_xfs_extent_allocation_blocks_freed_total{device=\"sda1\"} 4"));
  CHECK(machine.has("node_xfs_write_calls_total{device=\"sda1\"} 28"));
  CHECK(machine.has("node_xfs_read_calls_total{device=\"sda1\"} 7"));
  CHECK(machine.samples() == 6);
}

TEST_CASE("no file system is no failure, a short or corrupt line keeps the columns before") {
  Machine machine("xfs");
  CHECK(machine.scrape().empty());
  CHECK(machine.result());
  machine.file("sys/fs/xfs/sda1/stats/stats", "rw 1\nextent_alloc 1 x 3 4\nabt 1 2 3 4\n");
  machine.scrape(10);
  CHECK(machine.samples() == 6);
  CHECK(machine.result().error().kind == ErrorKind::kParse);
}

}  // namespace
}  // namespace exporter
