#include "exporter/host/nfs.h"

#include "exporter/host/nfs_methods.h"
#include "exporter/host/nfsd.h"
#include "tests/exporter/host/machine.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("a line of columns may be short, long or fractional, but not of words") {
  RpcLine line;
  CHECK(parse_rpc_line("proc3 22 1 2", line));
  CHECK(line.name == "proc3");
  CHECK(line.count == 3);
  CHECK(line.values[2] == 2);
  CHECK(line.values[3] == 0);
  CHECK(parse_rpc_line("th 8 0 0.500", line));
  CHECK(line.values[2] == 0);
  std::string lengthy = "x";
  for (int i = 0; i < 200; ++i) lengthy += " 1";
  CHECK(parse_rpc_line(lengthy, line));
  CHECK(line.count == RpcLine::kMaxColumns);
  CHECK_FALSE(parse_rpc_line("rpc 1 two", line));
}

TEST_CASE("the client's calls, by version and method; columns that are missing are 0") {
  Machine machine("nfs");
  machine.file("proc/net/rpc/nfs",
               "net 10 1 9 3\nrpc 5 6 7\nproc3 22 1 40 2\nproc4 3 1 2 3\nproc9 1 2\n");
  machine.scrape();
  CHECK(machine.has("node_nfs_packets_total{protocol=\"tcp\"} 9"));
  CHECK(machine.has("node_nfs_connections_total 3"));
  CHECK(machine.has("node_nfs_rpc_authentication_refreshes_total 7"));
  CHECK(machine.has("node_nfs_requests_total{method=\"GetAttr\",proto=\"3\"} 40"));
  CHECK(machine.has("node_nfs_requests_total{method=\"Write\",proto=\"4\"} 3"));
  CHECK(machine.has("node_nfs_requests_total{method=\"Clone\",proto=\"4\"} 0"));
  CHECK(machine.samples() == 6 + 22 + 59);
}

TEST_CASE("the server's work, without Null and the columns that mean nothing") {
  Machine machine("nfsd");
  machine.file("proc/net/rpc/nfsd",
               "rc 1 2 3\nfh 4 0 0 0 0\nio 5 6\nth 8 0 0.000\nra 32 0 0 0 0 0 0 0 0 0 0 9\n"
               "net 10 1 9 3\nrpc 18 3 1 0 2\nproc3 22 2 112\nproc4 2 2 10\n"
               "proc4ops 40 0 0 0 7\nwdeleg_getattr 16\n");
  machine.scrape();
  CHECK(machine.has("node_nfsd_reply_cache_nocache_total 3"));
  CHECK(machine.has("node_nfsd_file_handles_stale_total 4"));
  CHECK(machine.has("node_nfsd_read_ahead_cache_not_found_total 9"));
  CHECK(machine.has("node_nfsd_rpc_errors_total{error=\"cInt\"} 2"));
  CHECK(machine.has("node_nfsd_requests_total{method=\"GetAttr\",proto=\"3\"} 112"));
  CHECK(machine.has("node_nfsd_requests_total{method=\"Access\",proto=\"4\"} 7"));
  CHECK(machine.has("node_nfsd_requests_total{method=\"RelLockOwner\",proto=\"4\"} 0"));
  CHECK(machine.has("node_nfsd_requests_total{method=\"WdelegGetattr\",proto=\"4\"} 16"));
  CHECK_FALSE(machine.has("node_nfsd_requests_total{method=\"Null\",proto=\"3\"} 2"));
  CHECK(machine.samples() == 9 + 2 + 1 + 4 + 21 + 35 + 1);
}

TEST_CASE("a machine without NFS has no data, a corrupt line costs itself") {
  for (const char* name : {"nfs", "nfsd"}) {
    Machine machine(name);
    machine.scrape();
    CHECK(machine.result().error().kind == ErrorKind::kNotFound);
    machine.file("proc/net/rpc/" + std::string(name), "net 1 2\nrpc 1 2 3 4 5\nproc3 x\n");
    machine.scrape(10);
    CHECK(machine.samples() > 0);
    CHECK(machine.result().error().message ==
          machine.tree().path("proc/net/rpc/") + name + ": cannot read 'net 1 2' and 1 more");
  }
}

}  // namespace
}  // namespace exporter
