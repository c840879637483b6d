#include "exporter/host/bcachefs.h"

#include "tests/exporter/host/machine.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("a file system has counters, compression and devices") {
  Machine machine("bcachefs");
  machine.files(
      "sys/fs/bcachefs/u",
      {{"btree_cache_size", "1k\n"},
       {"compression_stats", "type c u\nlz4: 1.5k 3k 112k\n"},
       {"errors", "bad_key 2 1713400000\n"},
       {"counters/copygc", "since mount: 2\nsince filesystem creation:  3k\n"},
       {"btree_write_stats", "  nr size\ninitial: 7 108k\n"},
       {"dev-0/label", "ssd\n"},
       {"dev-0/state", "rw\n"},
       {"dev-0/io_done", "read:\n  sb : 5\nwrite:\n  sb: 6\n"},
       {"dev-0/io_errors",
        "IO errors since filesystem creation\n  read: 3\nIO errors since 8 y ago\n  read: 1\n"}});
  machine.scrape();
  CHECK(machine.has("node_bcachefs_info{uuid=\"u\"} 1"));
  CHECK(
      machine.has("node_bcachefs_compression_compressed_bytes{algorithm=\"lz4\",uuid=\"u\"} 1536"));
  CHECK(machine.has("node_bcachefs_errors_total{error_type=\"bad_key\",uuid=\"u\"} 2"));
  CHECK(machine.has("node_bcachefs_copygc_total{uuid=\"u\"} 3072"));
  CHECK(machine.has(
      "node_bcachefs_btree_write_average_size_bytes{type=\"initial\",uuid=\"u\"} 110592"));
  CHECK(machine.has(
      "node_bcachefs_device_info{device=\"0\",label=\"ssd\",state=\"rw\",uuid=\"u\"} 1"));
  CHECK(
      machine.has("node_bcachefs_device_io_done_bytes_total{data_type=\"sb\",device=\"0\","
                  "operation=\"write\",uuid=\"u\"} 6"));
  CHECK(
      machine.has("node_bcachefs_device_io_errors_total{device=\"0\",type=\"read\",uuid=\"u\"} 3"));
  CHECK(machine.samples() == 12);
}

TEST_CASE("no file system is no data, corrupt lines cost themselves") {
  Machine machine("bcachefs");
  machine.scrape();
  CHECK(machine.result().error().kind == ErrorKind::kNotFound);
  machine.files("sys/fs/bcachefs/u", {{"compression_stats", "head\nlz4 big\nnone 1 2\n"},
                                      {"errors", "bad_key many\n"},
                                      {"counters/copygc", "nothing\n"},
                                      {"dev-0/io_done", "read:\n  sb : x\n"}});
  machine.scrape(10);
  CHECK(machine.samples() == 4);
  CHECK(machine.result().error().kind == ErrorKind::kParse);
}

}  // namespace
}  // namespace exporter
