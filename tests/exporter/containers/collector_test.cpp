#include "exporter/containers/collector.h"

#include "tests/exporter/containers/container_driver.h"
#include "tests/exporter/containers/machine_tree.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

const std::string kId = container_id("a1");
const std::string kPath = "/docker/" + kId;
const std::string kLabels = "{id=\"" + kPath + "\",name=\"\",image=\"\"}";

std::string with(const std::string& extra) {
  return "{id=\"" + kPath + "\",name=\"\",image=\"\"," + extra + "}";
}

TEST_CASE("version 1: every value is what the kernel's files say") {
  MachineTree machine(CgroupVersion::kOne);
  machine.add_group("/docker", 3);
  machine.add_group(kPath, 2);
  machine.add_process(40, kPath);
  ContainerDriver driver(machine.roots());
  driver.scrape();
  REQUIRE(driver.result());
  const auto value = [&](const char* name) { return driver.value(name + kLabels); };
  CHECK(driver.value("container_cpu_usage_seconds_total" + with("cpu=\"total\"")) == "2.0000005");
  CHECK(value("container_cpu_user_seconds_total") == "0.2");
  CHECK(value("container_cpu_system_seconds_total") == "0.1");
  CHECK(value("container_cpu_cfs_periods_total") == "200");
  CHECK(value("container_cpu_cfs_throttled_periods_total") == "6");
  CHECK(value("container_cpu_cfs_throttled_seconds_total") == "0.14");
  CHECK(value("container_memory_usage_bytes") == "2070000");
  CHECK(value("container_memory_working_set_bytes") == "69980");
  CHECK(value("container_memory_rss") == "2000011");
  CHECK(value("container_memory_cache") == "2000010");
  CHECK(value("container_memory_swap") == "2000017");
  CHECK(value("container_memory_max_usage_bytes") == "2090000");
  CHECK(value("container_memory_failcnt") == "4");
  CHECK(value("container_memory_kernel_usage") == "200000");
  CHECK(value("container_oom_events_total") == "2");
  CHECK(value("container_threads") == "3");
  CHECK(value("container_threads_max") == "512");
  CHECK(value("container_processes") == "1");
  CHECK(value("container_spec_cpu_quota") == "50000");
  CHECK(value("container_spec_cpu_period") == "100000");
  CHECK(value("container_spec_cpu_shares") == "1024");
  CHECK(value("container_spec_memory_limit_bytes") == "8000000");
  CHECK(value("container_spec_memory_swap_limit_bytes") == "0");
  CHECK(value("container_start_time_seconds") == "1700000040");
  CHECK(value("container_last_seen") == "1795635921");
  CHECK(value("fournines_container_memory_reclaimable_bytes") == "4000041");
  CHECK(driver.value("container_memory_failures_total" +
                     with("failure_type=\"pgfault\",scope=\"container\"")) == "2000001");
  CHECK(driver.value("container_memory_failures_total" +
                     with("failure_type=\"pgmajfault\",scope=\"hierarchy\"")) == "2000019");
  CHECK(driver.value("container_fs_reads_bytes_total" + with("device=\"/dev/sda\"")) == "4000000");
  CHECK(driver.value("container_fs_writes_total" + with("device=\"/dev/sda\"")) == "60");
  CHECK(driver.value("container_network_receive_bytes_total" + with("interface=\"eth0\"")) ==
        "40000");
  CHECK(driver.value("container_network_transmit_packets_dropped_total" +
                     with("interface=\"eth0\"")) == "4");
  CHECK(driver.value("container_scrape_error") == "0");
  CHECK_FALSE(driver.has("container_pressure_"));
  CHECK_FALSE(driver.has("container_memory_events_"));
  CHECK_FALSE(driver.has("loop0"));
  CHECK_FALSE(driver.has("interface=\"lo\""));
  CHECK_FALSE(driver.has("veth"));
}

TEST_CASE("version 2: every value is what the kernel's files say") {
  MachineTree machine(CgroupVersion::kTwo);
  machine.add_group("/docker", 3);
  machine.add_group(kPath, 2);
  machine.add_process(40, kPath);
  ContainerDriver driver(machine.roots());
  driver.scrape();
  REQUIRE(driver.result());
  const auto value = [&](const char* name) { return driver.value(name + kLabels); };
  CHECK(driver.value("container_cpu_usage_seconds_total" + with("cpu=\"total\"")) == "2");
  CHECK(value("container_cpu_user_seconds_total") == "1.9997");
  CHECK(value("container_cpu_cfs_throttled_seconds_total") == "0.00014");
  CHECK(value("container_memory_usage_bytes") == "4070000");
  CHECK(value("container_memory_working_set_bytes") == "2069980");
  CHECK(value("container_memory_rss") == "2000011");
  CHECK(value("container_memory_kernel_usage") == "200000");
  CHECK(value("container_memory_swap") == "2000017");
  CHECK(value("container_memory_events_high_total") == "8");
  CHECK(value("container_memory_events_max_total") == "10");
  CHECK(value("container_oom_events_total") == "2");
  CHECK(value("container_spec_cpu_shares") == "2597");
  CHECK(value("container_spec_memory_limit_bytes") == "8000000");
  CHECK(value("container_spec_memory_reservation_limit_bytes") == "1000000");
  CHECK(value("container_pressure_cpu_waiting_seconds_total") == "0.002001");
  CHECK(value("container_pressure_io_stalled_seconds_total") == "0.002006");
  CHECK(value("fournines_container_memory_reclaimable_bytes") == "6000063");
  CHECK(driver.value("container_fs_writes_bytes_total" + with("device=\"/dev/sda\"")) == "6000000");
  CHECK(value("container_memory_failcnt").empty());
  // The root of version 2 has no memory.current.
  CHECK(driver.value("container_memory_usage_bytes{id=\"/\",name=\"\",image=\"\"}") == "2000021");
}

TEST_CASE("version 1 without hierarchy: the numbers are the group's own") {
  MachineTree machine(CgroupVersion::kOne);
  machine.add_group("/docker", 3);
  machine.add_group(kPath, 2);
  machine.write("memory", kPath, "memory.use_hierarchy", "0\n");
  ContainerDriver driver(machine.roots());
  driver.scrape();
  CHECK(driver.value("container_memory_rss" + kLabels) == "2");
  CHECK(driver.value("container_memory_cache" + kLabels) == "1");
  CHECK(driver.value("container_memory_working_set_bytes" + kLabels) == "2069994");
}

TEST_CASE("hybrid: usage from version 1, pressure from version 2") {
  MachineTree machine(CgroupVersion::kHybrid);
  machine.add_group("/docker", 3);
  machine.add_group(kPath, 2);
  ContainerDriver driver(machine.roots());
  driver.scrape();
  CHECK(driver.value("container_memory_usage_bytes" + kLabels) == "2070000");
  CHECK(driver.value("container_cpu_usage_seconds_total" + with("cpu=\"total\"")) == "2.0000005");
  CHECK(driver.value("container_pressure_memory_waiting_seconds_total" + kLabels) == "0.002003");
}

TEST_CASE("throttling is told only under a quota, and no limit is 0") {
  MachineTree machine(CgroupVersion::kTwo);
  machine.add_group("/docker", 2);
  machine.add_group(kPath, 3);
  ContainerDriver driver(machine.roots());
  driver.scrape();
  CHECK(driver.value("container_cpu_cfs_periods_total" + kLabels).empty());
  CHECK(driver.value("container_spec_cpu_quota" + kLabels).empty());
  CHECK(driver.value("container_spec_cpu_period" + kLabels) == "100000");
  CHECK(driver.value("container_spec_memory_limit_bytes" + kLabels) == "0");
  CHECK(driver.value("container_threads_max" + kLabels) == "0");
}

TEST_CASE("a limit is read again when it is written") {
  for (const CgroupVersion version : {CgroupVersion::kOne, CgroupVersion::kTwo}) {
    MachineTree machine(version);
    machine.add_group("/docker", 2);
    machine.add_group(kPath, 2);
    ContainerDriver driver(machine.roots());
    driver.scrape();
    CHECK(driver.value("container_spec_memory_limit_bytes" + kLabels) == "8000000");
    if (version == CgroupVersion::kOne) {
      machine.write("memory", kPath, "memory.limit_in_bytes", "12345\n");
    } else {
      machine.write("", kPath, "memory.max", "12345\n");
    }
    driver.scrape();
    CHECK(driver.value("container_spec_memory_limit_bytes" + kLabels) == "12345");
  }
}

TEST_CASE("kills are told when the kernel says that memory.events has changed") {
  MachineTree machine(CgroupVersion::kTwo);
  machine.add_group("/docker", 3);
  machine.add_group(kPath, 2);
  ContainerDriver driver(machine.roots());
  driver.scrape();
  driver.scrape();
  CHECK(driver.value("container_oom_events_total" + kLabels) == "2");
  machine.write("", kPath, "memory.events", "high 9\nmax 10\noom_kill 5\n");
  driver.scrape();
  CHECK(driver.value("container_oom_events_total" + kLabels) == "5");
  CHECK(driver.value("container_memory_events_high_total" + kLabels) == "9");
}

TEST_CASE("missing files are absent series, corrupt ones too, and the rest stands") {
  MachineTree machine(CgroupVersion::kTwo);
  machine.add_group("/docker", 2);
  machine.add_group(kPath, 2);
  machine.remove("", kPath, "memory.peak");
  machine.remove("", kPath, "cpu.pressure");
  machine.write("", kPath, "memory.current", "lots\n");
  machine.write("", kPath, "cpu.stat", "usage_usec\nuser_usec 5\n");
  ContainerDriver driver(machine.roots());
  driver.scrape();
  REQUIRE(driver.result());
  CHECK(driver.value("container_memory_max_usage_bytes" + kLabels).empty());
  CHECK(driver.value("container_pressure_cpu_waiting_seconds_total" + kLabels).empty());
  CHECK(driver.value("container_memory_usage_bytes" + kLabels).empty());
  CHECK(driver.value("container_memory_working_set_bytes" + kLabels).empty());
  CHECK(driver.value("container_cpu_user_seconds_total" + kLabels) == "0.000005");
  CHECK(driver.value("container_memory_rss" + kLabels) == "2000011");
}

TEST_CASE("without control groups the collector is absent, not failed") {
  const test::TempTree empty;
  ContainerDriver driver({.procfs = empty.root(), .sysfs = empty.root(), .rootfs = empty.root()});
  driver.scrape();
  REQUIRE_FALSE(driver.result());
  CHECK(driver.result().error().kind == ErrorKind::kNotFound);
}

TEST_CASE("a group appears with the scrape after it was made and goes with its removal") {
  for (const CgroupVersion version :
       {CgroupVersion::kOne, CgroupVersion::kTwo, CgroupVersion::kHybrid}) {
    MachineTree machine(version);
    machine.add_group("/docker", 3);
    ContainerDriver driver(machine.roots());
    driver.scrape();
    CHECK_FALSE(driver.has(kPath));
    machine.add_group(kPath, 2);
    driver.scrape();
    CHECK(driver.value("container_last_seen" + kLabels) == "1795635921");
    machine.remove_group(kPath);
    driver.scrape();
    CHECK_FALSE(driver.has(kPath));
    CHECK(driver.has("id=\"/docker\""));
  }
}

// A descriptor of a file that was deleted tells so on control groups only, so none is kept here:
// with room for directories, and with none.
TEST_CASE("a group that was made anew under its old name begins again") {
  for (const char* kernel_memory : {"4000", "0"}) {
    MachineTree machine(CgroupVersion::kTwo);
    machine.add_group("/docker", 3);
    machine.add_group(kPath, 2);
    ContainerDriver driver(machine.roots(),
                           *parse_container_options({{"containers.kernel-memory", kernel_memory}}));
    driver.scrape();
    machine.remove_group(kPath);
    machine.add_group(kPath, 4);
    driver.scrape();
    CHECK(driver.value("container_memory_rss" + kLabels) == "4000011");
    CHECK(driver.value("container_spec_memory_limit_bytes" + kLabels) == "16000000");
  }
}

TEST_CASE("what lies inside a container counts its processes and has no series of its own") {
  MachineTree machine(CgroupVersion::kTwo);
  machine.add_group("/docker", 3);
  machine.add_group(kPath, 2);
  machine.add_group(kPath + "/init.scope", 5);
  machine.add_group(kPath + "/system.slice", 5);
  machine.add_group(kPath + "/system.slice/a.service", 5);
  machine.write("", kPath + "/init.scope", "cgroup.procs", "11\n12\n");
  machine.write("", kPath + "/system.slice/a.service", "cgroup.procs", "13\n");
  ContainerDriver driver(machine.roots());
  driver.scrape();
  CHECK(driver.value("container_processes" + kLabels) == "3");
  CHECK_FALSE(driver.has("a.service"));
  CHECK_FALSE(driver.has("init.scope"));
}

TEST_CASE("a container inside a container has its series") {
  MachineTree machine(CgroupVersion::kOne);
  const std::string inner = kPath + "/docker/" + container_id("b2");
  for (const std::string& path : {std::string("/docker"), kPath, kPath + "/docker", inner}) {
    machine.add_group(path, 2);
  }
  ContainerDriver driver(machine.roots());
  driver.scrape();
  CHECK(driver.value("container_memory_rss{id=\"" + inner + "\",name=\"\",image=\"\"}") ==
        "2000011");
  CHECK(driver.has("container_threads{id=\"" + inner + "\""));
}

TEST_CASE("odd bytes in a name give a page of whole lines") {
  for (const CgroupVersion version : {CgroupVersion::kOne, CgroupVersion::kTwo}) {
    MachineTree machine(version);
    machine.add_group("/a\"b\\c\n\xff", 2);
    ContainerDriver driver(machine.roots());
    driver.scrape();
    CHECK(driver.value(
              "container_memory_rss{id=\"/a\\\"b\\\\c\\n\xef\xbf\xbd\",name=\"\",image=\"\"}") ==
          "2000011");
  }
}

TEST_CASE("a service has its name, and groups can be chosen by path") {
  MachineTree machine(CgroupVersion::kTwo);
  machine.add_group("/system.slice", 2);
  machine.add_group("/system.slice/nginx.service", 3);
  machine.add_group("/system.slice/var.mount", 3);
  {
    ContainerDriver driver(machine.roots());
    driver.scrape();
    CHECK(driver.has("{id=\"/system.slice/nginx.service\",name=\"nginx.service\",image=\"\"}"));
    CHECK_FALSE(driver.has("var.mount"));
  }
  auto options = parse_container_options({{"containers.cgroup-exclude", "^/system"}});
  REQUIRE(options);
  ContainerDriver driver(machine.roots(), std::move(*options));
  driver.scrape();
  CHECK_FALSE(driver.has("nginx"));
  CHECK(driver.has("{id=\"/\""));
}

TEST_CASE("5,000 groups are all reported, and a steady page stays the same") {
  for (const CgroupVersion version : {CgroupVersion::kOne, CgroupVersion::kTwo}) {
    const bool first_version = version == CgroupVersion::kOne;
    const char* controller = first_version ? "memory" : "";
    MachineTree machine(version);
    machine.add_group("/lots", 1);
    for (int i = 0; i < 5000; ++i) {
      const std::string path = "/lots/g" + std::to_string(i);
      machine.write(controller, path, "cgroup.procs", "");
      machine.write(controller, path, first_version ? "memory.usage_in_bytes" : "memory.current",
                    std::to_string(i) + "\n");
    }
    ContainerDriver driver(machine.roots());
    const std::string first = driver.scrape();
    CHECK(driver.value("container_memory_usage_bytes{id=\"/lots/g4999\",name=\"\",image=\"\"}") ==
          "4999");
    CHECK(driver.scrape() == first);
  }
}

TEST_CASE("bytes of version 1 are those of the last operation, whoever reads them how often") {
  MachineTree machine(CgroupVersion::kOne);
  machine.add_group("/docker", 3);
  machine.add_group(kPath, 2);
  ContainerDriver driver(machine.roots());
  const std::string bytes = "container_fs_reads_bytes_total" + with("device=\"/dev/sda\"");
  driver.scrape();
  driver.scrape();
  CHECK(driver.value(bytes) == "4000000");
  machine.write("blkio", kPath, "blkio.throttle.io_service_bytes_recursive",
                "8:0 Read 5000000\n8:0 Write 6000000\nTotal 11000000\n");
  machine.write("blkio", kPath, "blkio.throttle.io_serviced_recursive",
                "8:0 Read 41\n8:0 Write 60\nTotal 101\n");
  machine.write("cpu,cpuacct", kPath, "cpuacct.usage", "2000001000\n");
  machine.write("cpu,cpuacct", kPath, "cpuacct.stat", "user 30\nsystem 11\n");
  driver.scrape();
  CHECK(driver.value(bytes) == "5000000");
  CHECK(driver.value("container_fs_reads_total" + with("device=\"/dev/sda\"")) == "41");
  CHECK(driver.value("container_cpu_user_seconds_total" + kLabels) == "0.3");
}

TEST_CASE("the machine is described once") {
  MachineTree machine(CgroupVersion::kTwo);
  ContainerDriver driver(machine.roots());
  driver.scrape();
  const std::string labels =
      "{machine_id=\"0123456789abcdef0123456789abcdef\",system_uuid=\"11111111-2222-3333-4444-"
      "555555555555\",boot_id=\"00000000-1111-2222-3333-444444444444\"}";
  CHECK(driver.value("machine_cpu_cores" + labels) == "4");
  CHECK(driver.value("machine_memory_bytes" + labels) == "8192000000");
  CHECK(driver.value("machine_swap_bytes" + labels) == "2048000");
}

}  // namespace
}  // namespace exporter
