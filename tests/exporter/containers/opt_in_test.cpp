// Families that flags of the container collector switch on.
#include <unistd.h>

#include <filesystem>

#include "exporter/containers/process_details.h"
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

TEST_CASE("opt-in families come with their flags") {
  MachineTree machine(CgroupVersion::kTwo);
  machine.add_group("/docker", 3);
  machine.add_group(kPath, 2);
  machine.add_process(40, kPath);
  machine.files().write("proc/40/net/sockstat6", "TCP6: inuse 6\nUDP6: inuse 4\nRAW6: inuse 0\n");
  auto options =
      parse_container_options({{"containers.details", "true"}, {"containers.sockets", "true"}});
  REQUIRE(options);
  ContainerDriver driver(machine.roots(), std::move(*options));
  driver.scrape();
  CHECK(driver.value("container_network_tcp_usage_total" + with("tcp_state=\"inuse\"")) == "40");
  CHECK(driver.value("container_network_tcp_usage_total" + with("tcp_state=\"timewait\"")) == "2");
  CHECK(driver.value("container_network_udp_usage_total" + with("udp_state=\"inuse\"")) == "3");
  CHECK(driver.value("container_network_tcp6_usage_total" + with("tcp_state=\"inuse\"")) == "6");
  CHECK(driver.value("container_network_udp6_usage_total" + with("udp_state=\"inuse\"")) == "4");
  CHECK(driver.value("container_creation_time_seconds" + kLabels) == "1700000040");
  CHECK(driver.value("container_memory_file_dirty_bytes" + kLabels) == "2000013");
  CHECK(driver.value("container_memory_workingset_refault_file_total" + kLabels) == "2000016");
  CHECK(driver.value("container_memory_pgscan_total" + kLabels) == "2000023");
  CHECK(driver.value("container_cpu_cfs_burst_periods_total" + kLabels) == "2");
  CHECK(driver.value("container_blkio_device_usage_total" +
                     with("device=\"/dev/sda\",major=\"8\",minor=\"0\",operation=\"Read\"")) ==
        "4000000");
}

TEST_CASE("the size of a writable layer is told once it is known") {
  MachineTree machine(CgroupVersion::kTwo);
  machine.add_group("/docker", 3);
  machine.add_group(kPath, 2);
  machine.add_process(40, kPath);
  machine.files().write("proc/40/mountinfo",
                        "1 2 0:57 / / rw - overlay overlay rw,upperdir=/layer,workdir=/w\n");
  machine.files().write("layer/file", std::string(100'000, 'x'));
  auto options = parse_container_options({{"containers.disk-usage", "true"}});
  REQUIRE(options);
  ContainerDriver driver(machine.roots(), std::move(*options));
  do {
    driver.scrape();
  } while (!driver.has("container_fs_usage_bytes{id=\"" + kPath + "\""));
  CHECK(driver.has("container_fs_inodes_total{id=\"" + kPath + "\""));
  CHECK(driver.has("container_fs_inodes_free{id=\"" + kPath + "\""));
  CHECK(driver.has("container_fs_limit_bytes{id=\"" + kPath + "\""));
}

TEST_CASE("the time of creation is the runtime's where it tells") {
  MachineTree machine(CgroupVersion::kOne);
  machine.add_group("/docker", 3);
  machine.add_group(kPath, 2);
  machine.add_docker(kId, "web", R"({"Running":true,"StartedAt":"2026-11-25T20:57:37Z"})");
  auto options = parse_container_options({{"containers.details", "true"}});
  ContainerDriver driver(machine.roots(), std::move(*options));
  driver.scrape();
  CHECK(driver.value("container_creation_time_seconds{id=\"" + kPath +
                     "\",name=\"web\",image=\"nginx:1.27\"}") == "1795636800");
}

// A process as P/PID tells of it: open files are links.
void add_process_details(MachineTree& machine, std::uint32_t process, std::uint64_t run_ns,
                         std::initializer_list<const char*> open) {
  const std::string folder = "proc/" + std::to_string(process);
  machine.files().write(folder + "/schedstat", std::to_string(run_ns) + " 20 3\n");
  machine.files().write(
      folder + "/limits",
      "Limit                     Soft Limit           Hard Limit           Units\n"
      "Max open files            1024                 524288               files\n");
  const std::string fd = machine.files().path(folder + "/fd");
  std::filesystem::create_directories(fd);
  int number = 0;
  for (const char* target : open) {
    std::filesystem::create_symlink(target, fd + "/" + std::to_string(number++));
  }
}

TEST_CASE("open files, sockets, limits and CPU waits are those of all processes, ended ones too") {
  for (const CgroupVersion version : {CgroupVersion::kOne, CgroupVersion::kTwo}) {
    MachineTree machine(version);
    const std::string inner = kPath + "/app";
    const std::string controller = version == CgroupVersion::kOne ? "memory" : "";
    machine.add_group("/docker", 3);
    machine.add_group(kPath, 2);
    machine.add_group(inner, 2);
    machine.write(controller, kPath, "cgroup.procs", "40\n41\n");
    machine.write(controller, inner, "cgroup.procs", "42\n");
    add_process_details(machine, 40, 1'500'000'000, {"/dev/null", "socket:[1]", "/tmp"});
    add_process_details(machine, 41, 500'000'000, {"socket:[2]", "socket:[3]"});
    add_process_details(machine, 42, 1'000'000'000, {"pipe:[4]"});
    auto options = parse_container_options({{"containers.processes", "true"}});
    ContainerDriver driver(machine.roots(), std::move(*options));
    driver.scrape();
    const auto value = [&](const char* name) { return driver.value(name + kLabels); };
    CHECK(value("container_file_descriptors") == "6");
    CHECK(value("container_sockets") == "3");
    CHECK(driver.value("container_ulimits_soft" + with("ulimit=\"max_open_files\"")) == "1024");
    CHECK(value("container_cpu_schedstat_run_seconds_total") == "3");
    CHECK(value("container_cpu_schedstat_runqueue_seconds_total") == "0.00000006");
    CHECK(value("container_cpu_schedstat_run_periods_total") == "9");
    CHECK(driver.value("container_file_descriptors{id=\"/docker\",name=\"\",image=\"\"}") == "0");

    machine.write(controller, kPath, "cgroup.procs", "40\n");
    add_process_details(machine, 42, 100, {});  // another one under that number
    driver.scrape();
    CHECK(value("container_file_descriptors") == "4");
    CHECK(value("container_cpu_schedstat_run_seconds_total") == "3.0000001");
    CHECK(value("container_cpu_schedstat_run_periods_total") == "12");
  }
}

TEST_CASE("schedstat and limits that are cut or odd give nothing") {
  CHECK_FALSE(parse_process_schedstat(""));
  CHECK_FALSE(parse_process_schedstat("1 2"));
  CHECK_FALSE(parse_process_schedstat("a 2 3"));
  CHECK(parse_process_schedstat("1 2 3\n") == SchedStat{1, 2, 3});
  CHECK_FALSE(soft_limit_of_open_files(""));
  CHECK_FALSE(soft_limit_of_open_files("Max open files \n"));
  CHECK_FALSE(soft_limit_of_open_files("Max open files many few files\n"));
  CHECK(soft_limit_of_open_files("Max open files unlimited unlimited files\n") == -1);
}

ContainerOptions with_flag(const std::string& flag) {
  return *parse_container_options({{"containers." + flag, "true"}});
}

TEST_CASE("huge pages: reservations where the kernel counts them, of each size") {
  for (const CgroupVersion version : {CgroupVersion::kOne, CgroupVersion::kTwo}) {
    const bool first = version == CgroupVersion::kOne;
    const char* controller = first ? "hugetlb" : "";
    MachineTree machine(version);
    machine.add_group("/docker", 3);
    machine.add_group(kPath, 2);
    machine.files().write("sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "4\n");
    machine.files().write("sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "1\n");
    if (first) {
      for (const std::string& path : {std::string("/"), std::string("/docker"), kPath}) {
        machine.write("hugetlb", path, "cgroup.procs", "");
      }
      machine.write("hugetlb", kPath, "hugetlb.2MB.rsvd.max_usage_in_bytes", "8388608\n");
      machine.write("hugetlb", kPath, "hugetlb.2MB.failcnt", "7\n");
    } else {
      machine.write("", kPath, "hugetlb.2MB.events", "max 7\n");
    }
    const std::string now = first ? "usage_in_bytes" : "current";
    machine.write(controller, kPath, "hugetlb.2MB." + now, "2097152\n");
    machine.write(controller, kPath, "hugetlb.2MB.rsvd." + now, "4194304\n");
    machine.write(controller, kPath, "hugetlb.1GB." + now, "0\n");
    ContainerDriver driver(machine.roots(), with_flag("hugetlb"));
    driver.scrape();
    const auto value = [&](const char* name, const char* size) {
      return driver.value(name + with(std::string("pagesize=\"") + size + "\""));
    };
    CHECK(value("container_hugetlb_usage_bytes", "2MB") == "4194304");
    CHECK(value("container_hugetlb_usage_bytes", "1GB") == "0");
    CHECK(value("container_hugetlb_failcnt", "2MB") == "7");
    CHECK(value("container_hugetlb_failcnt", "1GB").empty());
    CHECK(value("container_hugetlb_max_usage_bytes", "2MB") == (first ? "8388608" : ""));
    CHECK_FALSE(driver.has("container_hugetlb_usage_bytes{id=\"/docker\""));
  }
}

TEST_CASE("memory of NUMA nodes is told in pages") {
  MachineTree machine(CgroupVersion::kTwo);
  machine.add_group("/docker", 3);
  machine.add_group(kPath, 2);
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  machine.write("", kPath, "memory.numa_stat", "file N0=" + std::to_string(3 * page) + " N1=0\n");
  ContainerDriver driver(machine.roots(), with_flag("numa"));
  driver.scrape();
  CHECK(driver.value("container_memory_numa_pages" +
                     with("node=\"0\",scope=\"hierarchy\",type=\"file\"")) == "3");
  CHECK(driver.value("container_memory_numa_pages" +
                     with("node=\"1\",scope=\"hierarchy\",type=\"file\"")) == "0");
}

TEST_CASE("each CPU is told where the kernel tells it, else the total") {
  for (const CgroupVersion version : {CgroupVersion::kOne, CgroupVersion::kTwo}) {
    MachineTree machine(version);
    machine.add_group("/docker", 3);
    machine.add_group(kPath, 2);
    ContainerDriver driver(machine.roots(), with_flag("per-cpu"));
    driver.scrape();
    const auto value = [&](const char* cpu) {
      return driver.value("container_cpu_usage_seconds_total" +
                          with(std::string("cpu=\"") + cpu + "\""));
    };
    const bool first = version == CgroupVersion::kOne;
    CHECK(value("cpu00") == (first ? "1.2" : ""));
    CHECK(value("cpu01") == (first ? "0.8" : ""));
    CHECK(value("total") == (first ? "" : "2"));
  }
}

TEST_CASE("cores are counted by socket: their numbers repeat") {
  MachineTree machine(CgroupVersion::kTwo);
  for (int cpu = 0; cpu < 8; ++cpu) {  // two sockets, two cores, two threads
    const std::string folder = "sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
    machine.files().write(folder + "physical_package_id", std::to_string(cpu / 4) + "\n");
    machine.files().write(folder + "core_id", std::to_string(cpu % 2) + "\n");
  }
  machine.files().write("sys/devices/system/cpu/cpufreq/boost", "1\n");
  ContainerDriver driver(machine.roots(), with_flag("machine-topology"));
  const std::string page = driver.scrape();
  const auto value = [&](const std::string& family) {
    const std::size_t end = page.find("} ", page.find("\n" + family + "{"));
    return page.substr(end + 2, page.find('\n', end) - end - 2);
  };
  CHECK(value("machine_cpu_physical_cores") == "4");
  CHECK(value("machine_cpu_sockets") == "2");
}

TEST_CASE("memory modules are counted by type where the controller tells") {
  MachineTree machine(CgroupVersion::kTwo);
  for (const char* module : {"mc0/dimm0", "mc0/dimm1", "mc1/dimm0"}) {
    const std::string folder = std::string("sys/devices/system/edac/mc/") + module;
    machine.files().write(folder + "/dimm_mem_type", "Registered-DDR4\n");
    machine.files().write(folder + "/size", "16384\n");
  }
  machine.files().write("sys/devices/system/edac/mc/mc1/dimm1/size", "odd\n");
  auto options = parse_container_options({{"containers.machine-topology", "true"}});
  ContainerDriver driver(machine.roots(), std::move(*options));
  const std::string page = driver.scrape();
  CHECK(page.find("machine_dimm_count{") != std::string::npos);
  CHECK(page.find("type=\"Registered-DDR4\"} 3\n") != std::string::npos);
  CHECK(page.find("type=\"Registered-DDR4\"} 51539607552\n") != std::string::npos);
}

}  // namespace
}  // namespace exporter
