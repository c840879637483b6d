#include "exporter/host/btrfs.h"

#include "tests/exporter/host/machine.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("room, ratios, commits and devices of a file system that is not mounted here") {
  Machine machine("btrfs");
  machine.files("sys/fs/btrfs/u-1", {{"label", "pool\n"},
                                     {"commit_stats", "commits 5\nmax_commit_ms 1500\nnew 1\n"},
                                     {"allocation/data/bytes_reserved", "7\n"},
                                     {"allocation/data/raid5/used_bytes", "1\n"},
                                     {"allocation/data/raid5/total_bytes", "2\n"},
                                     {"allocation/metadata/raid6/total_bytes", "2\n"},
                                     {"allocation/data/flags", "1\n"},
                                     {"devices/sda/size", "2\n"},
                                     {"devices/sdb/size", "4\n"},
                                     {"devices/sdc/size", "4\n"}});
  machine.file("sys/fs/btrfs/features/raid56", "1\n");
  machine.scrape();
  CHECK(machine.has("node_btrfs_info{label=\"pool\",uuid=\"u-1\"} 1"));
  CHECK(machine.has("node_btrfs_max_commit_seconds{uuid=\"u-1\"} 1.5"));
  CHECK(machine.has("node_btrfs_reserved_bytes{block_group_type=\"data\",uuid=\"u-1\"} 7"));
  CHECK(machine.has(
      "node_btrfs_allocation_ratio{block_group_type=\"data\",mode=\"raid5\",uuid=\"u-1\"} 1.5"));
  CHECK(machine.has(
      "node_btrfs_allocation_ratio{block_group_type=\"metadata\",mode=\"raid6\",uuid=\"u-1\"} 3"));
  CHECK(machine.has("node_btrfs_device_size_bytes{device=\"sda\",uuid=\"u-1\"} 1024"));
  CHECK(machine.samples() == 12);
}

TEST_CASE("no file system is no failure, corrupt numbers cost themselves") {
  Machine machine("btrfs");
  machine.file("sys/fs/btrfs/features/raid56", "1\n");
  CHECK(machine.scrape().empty());
  CHECK(machine.result());
  machine.files("sys/fs/btrfs/u-1", {{"commit_stats", "commits many\nlast_commit_ms 1\n"},
                                     {"allocation/global_rsv_size", "much\n"}});
  machine.scrape(10);
  CHECK(machine.samples() == 2);
  CHECK(machine.result().error().kind == ErrorKind::kParse);
}

}  // namespace
}  // namespace exporter
