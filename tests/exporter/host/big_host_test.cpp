// Large machines: 128 CPUs, 500 disks, 2,000 mounts. What is reported is complete, and a steady
// scrape of it writes the same samples in the same places.
#include <algorithm>
#include <string>

#include "tests/exporter/host/driven.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

constexpr int kCpus = 128;

std::string columns(int first) {
  std::string text;
  for (int cpu = 0; cpu < kCpus; ++cpu) text += " " + std::to_string(first + cpu);
  return text;
}

std::string cpu_header() {
  std::string text;
  for (int cpu = 0; cpu < kCpus; ++cpu) text += " CPU" + std::to_string(cpu);
  return text + "\n";
}

std::ptrdiff_t lines_of(const std::string& page) { return std::ranges::count(page, '\n'); }

void check_steady(const HostContext& context, std::string_view collector, std::ptrdiff_t lines,
                  const std::string& one) {
  Driven driven(context, collector);
  const std::string first = driven.scrape();
  CHECK_MESSAGE(driven.result(), collector);
  CHECK_MESSAGE(lines_of(first) == lines, collector);
  CHECK_MESSAGE(first.find(one) != std::string::npos, collector);
  CHECK(driven.scrape() == first);
}

TEST_CASE("128 CPUs are all reported by what counts per CPU") {
  test::TempTree tree;
  std::string interrupts = cpu_header();
  for (int line = 0; line < 300; ++line) {
    interrupts += std::to_string(line) + ":" + columns(line) + "  PCI-MSI  " +
                  std::to_string(line) + "-edge  nvme0q" + std::to_string(line) + "\n";
  }
  tree.write("interrupts", interrupts);
  tree.write("softirqs", cpu_header() + "HI:" + columns(0) + "\nRCU:" + columns(5) + "\n");
  std::string schedstat = "version 15\ntimestamp 1\n";
  std::string softnet;
  for (int cpu = 0; cpu < kCpus; ++cpu) {
    schedstat += "cpu" + std::to_string(cpu) + " 0 0 0 0 0 0 1 2 " + std::to_string(cpu) + "\n";
    softnet += "1 2 3 0 0 0 0 0 4 5 6 7 " + std::string(1, "0123456789abcdef"[cpu / 16]) +
               std::string(1, "0123456789abcdef"[cpu % 16]) + "\n";
  }
  tree.write("schedstat", schedstat);
  tree.write("net/softnet_stat", softnet);
  const HostContext context = make_host_context({.procfs = tree.root()});
  check_steady(context, "interrupts", 300 * kCpus,
               "node_interrupts_total{cpu=\"127\",devices=\"299-edge nvme0q299\",info=\"PCI-MSI\","
               "type=\"299\"} 426\n");
  check_steady(context, "softirqs", 2 * kCpus,
               "node_softirqs_functions_total{cpu=\"127\",type=\"RCU\"} 132\n");
  check_steady(context, "schedstat", 3 * kCpus,
               "node_schedstat_timeslices_total{cpu=\"127\"} 127\n");
  check_steady(context, "softnet", 7 * kCpus, "node_softnet_backlog_len{cpu=\"127\"} 7\n");
}

TEST_CASE("500 disks are all reported") {
  test::TempTree tree;
  std::string diskstats;
  for (int disk = 0; disk < 500; ++disk) {
    diskstats += " 8 " + std::to_string(disk) + " disk" + std::to_string(disk) +
                 " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n";
  }
  tree.write("proc/diskstats", diskstats);
  const HostContext context = make_host_context(
      {.procfs = tree.path("proc"), .sysfs = tree.path("sys"), .udev = tree.path("udev")});
  check_steady(context, "diskstats", 500 * 18, "node_disk_io_now{device=\"disk499\"} 9\n");
}

TEST_CASE("2,000 mounts are all reported, and the NFS mounts among them found") {
  test::TempTree tree;
  std::string mountinfo;
  std::string mountstats;
  for (int mount = 0; mount < 2000; ++mount) {
    const std::string path = "/mnt/" + std::to_string(mount);
    const bool nfs = mount % 1000 == 999;
    mountinfo += std::to_string(mount + 20) + " 1 0:" + std::to_string(mount) + " / " + path +
                 " rw - " + (nfs ? "nfs4 nas:" + path : "ext4 /dev/sda") + " rw,addr=192.0.2." +
                 std::to_string(mount % 250) + "\n";
    mountstats += "device " + (nfs ? "nas:" + path : "/dev/sda") + " mounted on " + path +
                  " with fstype " +
                  (nfs ? "nfs4 statvers=1.1\n\tage:\t7\n\txprt:\ttcp 1 2 3 4 5 6 7 8 9 10 11 12 13"
                       : "ext4") +
                  "\n";
  }
  tree.write("1/mountinfo", mountinfo);
  tree.write("1/mountstats", mountstats);
  HostContext context = make_host_context({.procfs = tree.root()});
  context.patience = std::chrono::seconds(60);
  context.statfs = [](const char*, struct statfs& to) {
    to.f_bsize = 4096;
    to.f_blocks = 10;
    return 0;
  };
  check_steady(context, "filesystem", 2000 * 9,
               "node_filesystem_size_bytes{device=\"/dev/sda\",device_error=\"\",fstype=\"ext4\","
               "mountpoint=\"/mnt/1998\"} 40960\n");
  check_steady(context, "mountstats", 2 * (1 + 1 + 10),
               "node_mountstats_nfs_age_seconds_total{export=\"nas:/mnt/1999\","
               "mountaddr=\"192.0.2.249\",protocol=\"tcp\"} 7\n");
}

}  // namespace
}  // namespace exporter
