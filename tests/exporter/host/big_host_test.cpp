// Large machines. What is reported is complete, and a steady scrape writes the same samples in the
// same places.
#include "tests/exporter/host/big_host.h"

#include <algorithm>
#include <string>

#include "tests/exporter/host/driven.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

void check_steady(const HostContext& context, std::string_view collector, std::ptrdiff_t lines,
                  const std::string& one) {
  Driven driven(context, collector);
  const std::string first = driven.scrape();
  CHECK_MESSAGE(driven.result(), collector);
  CHECK_MESSAGE(std::ranges::count(first, '\n') == lines, collector);
  CHECK_MESSAGE(first.find(one) != std::string::npos, collector);
  CHECK(driven.scrape() == first);
}

HostContext context_on(const test::TempTree& tree) {
  HostContext context = make_host_context(
      {.procfs = tree.path("proc"), .sysfs = tree.path("sys"), .udev = tree.path("udev")});
  context.patience = std::chrono::seconds(60);
  return context;
}

TEST_CASE("128 CPUs are all reported by what counts per CPU") {
  test::TempTree tree;
  test::write_cpus(tree);
  const HostContext context = context_on(tree);
  check_steady(context, "interrupts", 300 * test::kCpus,
               "node_interrupts_total{cpu=\"127\",devices=\"299-edge nvme0q299\",info=\"PCI-MSI\","
               "type=\"299\"} 426\n");
  check_steady(context, "softirqs", 2 * test::kCpus,
               "node_softirqs_functions_total{cpu=\"127\",type=\"RCU\"} 132\n");
  check_steady(context, "schedstat", 3 * test::kCpus,
               "node_schedstat_timeslices_total{cpu=\"127\"} 127\n");
  check_steady(context, "softnet", 7 * test::kCpus, "node_softnet_backlog_len{cpu=\"127\"} 7\n");
}

TEST_CASE("128 CPUs have their times, their throttles and their frequencies") {
  test::TempTree tree;
  test::write_cpus(tree);
  const HostContext context = context_on(tree);
  // Ten modes and whether it is on; two packages of 64 cores.
  check_steady(context, "cpu", 11 * test::kCpus + test::kCpus + 2,
               "node_cpu_core_throttles_total{core=\"63\",package=\"1\"} 3\n");
  check_steady(context, "cpufreq", 2 * test::kCpus,
               "node_cpu_scaling_frequency_hertz{cpu=\"127\"} 1000127000\n");
}

TEST_CASE("1,000 interfaces are all reported") {
  test::TempTree tree;
  test::write_interfaces(tree);
  const HostContext context = context_on(tree);
  check_steady(context, "netdev", 1000 * 16,
               "node_network_transmit_compressed_total{device=\"veth999\"} 16\n");
  check_steady(context, "netclass", 1000 * 3, "node_network_mtu_bytes{device=\"veth999\"} 1500\n");
}

TEST_CASE("500 disks are all reported") {
  test::TempTree tree;
  test::write_disks(tree);
  check_steady(context_on(tree), "diskstats", 500 * 18, "node_disk_io_now{device=\"disk499\"} 9\n");
}

TEST_CASE("2,000 mounts are all reported, and the NFS mounts among them found") {
  test::TempTree tree;
  HostContext context = context_on(tree);
  test::write_mounts(tree, context);
  check_steady(context, "filesystem", 2000 * 9,
               "node_filesystem_size_bytes{device=\"/dev/sda\",device_error=\"\",fstype=\"ext4\","
               "mountpoint=\"/mnt/1998\"} 40960\n");
  check_steady(context, "mountstats", 2 * (1 + 1 + 10),
               "node_mountstats_nfs_age_seconds_total{export=\"nas:/mnt/1999\","
               "mountaddr=\"192.0.2.249\",protocol=\"tcp\"} 7\n");
}

}  // namespace
}  // namespace exporter
