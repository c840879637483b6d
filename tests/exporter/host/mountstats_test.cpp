#include "exporter/host/mountstats.h"

#include "tests/exporter/host/driven.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

constexpr std::string_view kMountstats =
    "device rootfs mounted on / with fstype rootfs\n"
    "device nas:/srv mounted on /mnt/srv with fstype nfs4 statvers=1.1\n"
    "\topts:\trw,vers=4.0\n\tage:\t13968\n"
    "\tevents:\t52 226 0 0 1 13 398 0 0 331 0 47 0 0 77 0 0 77 8 0 0 0 0 0 0 0 9\n"
    "\tbytes:\t1207640230 2 3 4 1210214218 6 295483 8\n"
    "\tRPC iostats version: 1.0  p/v: 100003/4 (nfs)\n"
    "\txprt:\ttcp 832 0 1 0 11 6428 6427 2 12154 3 24 26 5726\n"
    "\txprt:\tudp 832 5 6 7 8 9 10\n"
    "\tper-op statistics\n"
    "\t        NULL: 0 0 0 0 0 0 0 0\n"
    "\t        READ: 1298 1299 1 207680 1210292152 6 79386 79407\n"
    "\n"
    "device nas:/srv mounted on /mnt/again with fstype nfs4 statvers=1.1\n"
    "\tage:\t5\n"
    "\txprt:\ttcp 832 0 1 0 11 6428 6427 2 12154 3 24 26 5726\n"
    "device tmpfs mounted on /tmp with fstype tmpfs\n";

constexpr std::string_view kMountinfo =
    "1 0 0:1 / / rw - rootfs rootfs rw\n"
    "2 1 0:2 / /mnt/srv rw - nfs4 nas:/srv rw,vers=4.0,addr=192.0.2.7\n"
    "3 1 0:2 / /mnt/again rw - nfs4 nas:/srv rw,vers=4.0,addr=192.0.2.7\n";

TEST_CASE("NFS mounts are reported; an export that is mounted twice counts once") {
  test::TempTree tree;
  const HostContext context = make_host_context({.procfs = tree.root()});
  Driven own(context, "mountstats");
  CHECK(own.error() == ErrorKind::kNotFound);
  tree.write("self/mountstats", "device rootfs mounted on / with fstype rootfs\n");
  CHECK(own.scrape().empty());
  CHECK(own.result());
  tree.write("1/mountstats", kMountstats);
  tree.write("1/mountinfo", kMountinfo);
  Driven mountstats(context, "mountstats");
  const std::string lines = mountstats.scrape();
  const std::string labels = "export=\"nas:/srv\",mountaddr=\"192.0.2.7\"";
  for (const std::string& line :
       {"node_mountstats_nfs_mountpoint_info{" + labels + ",mountpoint=\"/mnt/again\"," +
            "protocol=\"tcp\"} 1",
        "node_mountstats_nfs_age_seconds_total{" + labels + ",protocol=\"tcp\"} 13968",
        "node_mountstats_nfs_write_pages_total{" + labels + ",protocol=\"tcp\"} 8",
        "node_mountstats_nfs_event_vfs_file_release_total{" + labels + ",protocol=\"tcp\"} 77",
        "node_mountstats_nfs_event_pnfs_write_total{" + labels + ",protocol=\"tcp\"} 9",
        "node_mountstats_nfs_transport_idle_time_seconds{" + labels +
            ",protocol=\"tcp\",transport=\"0\"} 11",
        "node_mountstats_nfs_transport_bind_total{" + labels +
            ",protocol=\"tcp\",transport=\"1\"} 5",
        "node_mountstats_nfs_operations_received_bytes_total{" + labels +
            ",operation=\"READ\",protocol=\"tcp\"} 1210292152",
        "node_mountstats_nfs_operations_request_time_seconds_total{" + labels +
            ",operation=\"READ\",protocol=\"tcp\"} 79.407"}) {
    CHECK_MESSAGE(lines.find(line + "\n") != std::string::npos, line);
  }
  CHECK(lines.find("} 5\nnode_mountstats_nfs_age") == std::string::npos);
  CHECK(lines.find("rootfs") == std::string::npos);
  CHECK(mountstats.result());
  CHECK(mountstats.scrape() == lines);
}

TEST_CASE("a corrupt line of mountstats costs only itself") {
  LineErrors errors;
  std::vector<NfsMount> mounts;
  CHECK(parse_mountstats("device a mounted with statvers=1\n\tage: x\n"
                         "device b mounted on /b with fstype nfs statvers=1.1\n"
                         "\tage: x\n\tbytes: 1\n\tevents: 1 2\n\txprt: tcp 1\n\txprt: local 1\n"
                         "\tper-op statistics\n\tREAD: 1\n\tWRITE 1\n\tNULL: 1 2 3 4 5 6 7 8\n",
                         mounts, errors) == 1);
  CHECK(errors.count() == 7);
  CHECK(mounts[0].operations.size() == 1);
  CHECK_FALSE(mounts[0].has_bytes);
  CHECK(mount_address("1 2 3:4 / / rw - nfs x rw,mountaddr=1,addr=fe80::1,x") == "fe80::1");
  CHECK(mount_address("1 2 3:4 / / rw - nfs x").empty());
  CHECK(mount_address("").empty());
}

}  // namespace
}  // namespace exporter
