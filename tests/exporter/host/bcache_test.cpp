#include "exporter/host/bcache.h"

#include "tests/exporter/host/machine.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("a cache has numbers for itself, its backing devices and its caching devices") {
  Machine machine("bcache");
  machine.context().options["bcache.priorityStats"] = "true";
  machine.files(
      "sys/fs/bcache/u-1",
      {{"btree_cache_size", "2.0M\n"},
       {"internal/btree_read_average_duration_us", "1305\n"},
       {"bdev0/stats_total/bypassed", "46.5k\n"},
       {"bdev0/stats_total/cache_readaheads", "0\n"},
       {"bdev1/stats_total/cache_readaheads", "3\n"},
       {"bdev0/writeback_rate_debug", "rate:\t\t1.5k/sec\ntarget:\t\t1.0M\nintegral:\t-2.0k\n"},
       {"cache0/written", "512\n"},
       {"cache0/priority_stats", "Unused:\t\t99%\nMetadata:\t5%\n"}});
  machine.file("sys/fs/bcache/register", "");
  machine.scrape();
  CHECK(machine.has("node_bcache_btree_cache_size_bytes{uuid=\"u-1\"} 2097152"));
  CHECK(machine.has("node_bcache_btree_read_average_duration_seconds{uuid=\"u-1\"} 0.000001305"));
  CHECK(
      machine.has("node_bcache_bypassed_bytes_total{backing_device=\"bdev0\",uuid=\"u-1\"} 47616"));
  CHECK(machine.has("node_bcache_cache_readaheads_total{backing_device=\"bdev1\",uuid=\"u-1\"} 3"));
  CHECK(machine.has("node_bcache_writeback_rate{backing_device=\"bdev0\",uuid=\"u-1\"} 1536"));
  CHECK(machine.has(
      "node_bcache_writeback_rate_integral_term{backing_device=\"bdev0\",uuid=\"u-1\"} -2048"));
  CHECK(machine.has(
      "node_bcache_priority_stats_metadata_percent{cache_device=\"cache0\",uuid=\"u-1\"} 5"));
  CHECK(machine.samples() == 10);
}

TEST_CASE("priority stats are read only when asked for, no cache is no failure") {
  Machine machine("bcache");
  CHECK(machine.scrape().empty());
  CHECK(machine.result());
  machine.file("sys/fs/bcache/u-1/cache0/priority_stats", "Unused: 99%\n");
  machine.scrape(10);
  CHECK(machine.samples() == 0);
}

TEST_CASE("corrupt lines and numbers cost themselves") {
  Machine machine("bcache");
  machine.files("sys/fs/bcache/u-1", {{"tree_depth", "deep\n"},
                                      {"congested", "0\n"},
                                      {"bdev0/writeback_rate_debug", "rate: fast\nchange: 1\n"}});
  machine.scrape();
  CHECK(machine.samples() == 2);
  CHECK(machine.result().error().kind == ErrorKind::kParse);
}

}  // namespace
}  // namespace exporter
