#include "exporter/host/cpu.h"

#include "exporter/host/cpu_info.h"
#include "exporter/host/cpu_sysfs.h"
#include "exporter/host/cpu_ticks.h"
#include "tests/exporter/host/driver.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

std::vector<CpuTicks> parsed(std::string_view text, std::size_t bad = 0) {
  LineErrors errors;
  std::vector<CpuTicks> cpus;
  parse_cpu_ticks(text, cpus, errors);
  CHECK(errors.count() == bad);
  return cpus;
}

TEST_CASE("each line of a CPU gives its ticks by mode, the sum of all CPUs is left out") {
  const auto cpus = parsed("cpu  9 9 9 9\ncpu0 1 2 3 4 5 6 7 8 9 10\ncpu12 11 12 13 14\nintr 5\n");
  REQUIRE(cpus.size() == 2);
  CHECK(cpus[0].cpu == "0");
  CHECK(cpus[0].columns == 10);
  CHECK(cpus[0].ticks[CpuTicks::kUser] == 1);
  CHECK(cpus[0].ticks[CpuTicks::kGuestNice] == 10);
  CHECK(cpus[1].cpu == "12");
  CHECK(cpus[1].columns == 4);
}

TEST_CASE("corrupt CPU lines are counted and the others are kept") {
  CHECK(parsed("cpux 1 2 3 4\ncpu0 1 2\ncpu1 1 2 3 4 x 6\ncpu2 1 2 3 4\n", 3).size() == 1);
  CHECK(parsed("").empty());
}

TEST_CASE("ticks never fall, except after a CPU was switched off and on") {
  RisingTicks rising;
  const auto idle_and_user = [&](std::string_view text) {
    auto cpus = parsed(text);
    rising.apply(cpus);
    std::string out;
    for (const CpuTicks& cpu : cpus) {
      out += std::to_string(cpu.ticks[CpuTicks::kIdle]) + "/" +
             std::to_string(cpu.ticks[CpuTicks::kUser]) + " ";
    }
    return out;
  };
  CHECK(idle_and_user("cpu0 50 0 0 1000\ncpu1 5 0 0 2000\n") == "1000/50 2000/5 ");
  CHECK(idle_and_user("cpu0 40 0 0 999\ncpu1 6 0 0 2001\n") == "1000/50 2001/6 ");
  CHECK(idle_and_user("cpu0 51 0 0 701\ncpu1 6 0 0 2001\n") == "1000/51 2001/6 ");
  CHECK(idle_and_user("cpu0 20 0 0 700\ncpu1 6 0 0 2001\n") == "700/20 2001/6 ");
  CHECK(idle_and_user("cpu1 1 0 0 2001\n") == "2001/6 ");
  CHECK(idle_and_user("cpu0 3 0 0 4\ncpu1 7 0 0 2001\n") == "4/3 2001/7 ");
}

TEST_CASE("a list of CPUs is ranges and single numbers") {
  const auto list = [](std::string_view text) {
    std::vector<std::uint32_t> cpus;
    CHECK(parse_cpu_list(text, cpus));
    return cpus;
  };
  CHECK(list("0-2,5\n") == std::vector<std::uint32_t>{0, 1, 2, 5});
  CHECK(list("7") == std::vector<std::uint32_t>{7});
  CHECK(list("\n").empty());
  std::vector<std::uint32_t> cpus;
  for (const char* text : {"a", "0-", "2-1", "0;1", "-1", "0-4000000000", "0-1-2"}) {
    CHECK_FALSE(parse_cpu_list(text, cpus));
  }
}

TEST_CASE("cpuinfo gives one entry per block, empty where the kernel has nothing") {
  std::vector<CpuInfo> cpus;
  parse_cpuinfo(
      "processor\t: 0\nmodel name\t: A: B\ncpu MHz\t\t: 2595.124\nflags\t\t: fpu vme\n\n"
      "processor\t: 1\nnonsense\ncpu MHz : fast\n",
      cpus);
  REQUIRE(cpus.size() == 2);
  CHECK(cpus[0].model_name == "A: B");
  CHECK(cpus[0].mhz == 2595.124);
  CHECK(cpus[0].flags == "fpu vme");
  CHECK(cpus[0].vendor.empty());
  CHECK(cpus[1].processor == "1");
  CHECK_FALSE(cpus[1].mhz);
  parse_cpuinfo("BogoMIPS : 5\n", cpus);
  CHECK(cpus.empty());
}

struct CpuMachine {
  test::TempTree tree;

  CpuMachine() {
    tree.write("proc/stat", "cpu0 100 0 0 50 0 0 0 0 7 0\n");
    tree.write(
        "proc/cpuinfo",
        "processor : 0\nvendor_id : V\ncpu MHz : 2000.5\nflags : fpu avx avx2\nbugs : leak\n");
    tree.write("sys/devices/system/cpu/online", "0\n");
    tree.write("sys/devices/system/cpu/isolated", "1\n");
    for (const char* cpu : {"cpu0", "cpu1"}) {
      const std::string base = std::string("sys/devices/system/cpu/") + cpu;
      tree.write(base + "/online", cpu == std::string_view("cpu0") ? "1\n" : "0\n");
      tree.write(base + "/topology/physical_package_id", "0\n");
      tree.write(base + "/topology/core_id", "0\n");
      tree.write(base + "/thermal_throttle/core_throttle_count", "3\n");
      tree.write(base + "/thermal_throttle/package_throttle_count", "4\n");
    }
    tree.write("sys/devices/system/cpu/cpufreq/boost", "1\n");
  }

  HostContext context() const {
    return make_host_context({.procfs = tree.path("proc"), .sysfs = tree.path("sys")});
  }
};

bool has_line(const std::string& page, const std::string& line) {
  return page.find("\n" + line + "\n") != std::string::npos;
}

TEST_CASE("CPU time, throttling, online and isolated CPUs are reported") {
  const CpuMachine machine;
  Driver driver(machine.context(), {"cpu"});
  const std::string& page = driver.scrape();
  CHECK(driver.result("cpu"));
  CHECK(has_line(page, "node_cpu_seconds_total{cpu=\"0\",mode=\"user\"} 1"));
  CHECK(has_line(page, "node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} 0.5"));
  CHECK(has_line(page, "node_cpu_guest_seconds_total{cpu=\"0\",mode=\"user\"} 0.07"));
  CHECK(has_line(page, "node_cpu_online{cpu=\"0\"} 1\nnode_cpu_online{cpu=\"1\"} 0"));
  CHECK(has_line(page, "node_cpu_isolated{cpu=\"1\"} 1"));
  CHECK(has_line(page, "node_cpu_core_throttles_total{core=\"0\",package=\"0\"} 3"));
  CHECK(has_line(page, "node_cpu_package_throttles_total{package=\"0\"} 4"));
  CHECK(page.find("node_cpu_info") == std::string::npos);
}

TEST_CASE("a CPU that is switched on is seen in the next scrape") {
  const CpuMachine machine;
  Driver driver(machine.context(), {"cpu"});
  driver.scrape();
  machine.tree.write("sys/devices/system/cpu/online", "0-1\n");
  CHECK(has_line(driver.scrape(), "node_cpu_online{cpu=\"0\"} 1\nnode_cpu_online{cpu=\"1\"} 1"));
}

TEST_CASE("a kernel that cannot switch CPUs off says nothing about which are online") {
  const CpuMachine machine;
  machine.tree.remove("sys/devices/system/cpu/cpu0/online");
  Driver driver(machine.context(), {"cpu"});
  CHECK(driver.scrape().find("node_cpu_online") == std::string::npos);
}

TEST_CASE("without sysfs the times remain") {
  const CpuMachine machine;
  machine.tree.remove("sys");
  Driver driver(machine.context(), {"cpu"});
  CHECK(has_line(driver.scrape(), "node_cpu_seconds_total{cpu=\"0\",mode=\"user\"} 1"));
  CHECK(driver.result("cpu"));
}

TEST_CASE("make, frequency and chosen features come with cpu.info, guest time can be left out") {
  const CpuMachine machine;
  HostContext context = machine.context();
  context.options["cpu.info.flags-include"] = "^avx";
  context.options["cpu.guest"] = "false";
  Driver driver(context, {"cpu"});
  const std::string& page = driver.scrape();
  CHECK(has_line(page,
                 "node_cpu_info{cachesize=\"\",core=\"\",cpu=\"0\",family=\"\",microcode=\"\","
                 "model=\"\",model_name=\"\",package=\"\",stepping=\"\",vendor=\"V\"} 1"));
  CHECK(has_line(page, "node_cpu_frequency_hertz{core=\"\",cpu=\"0\",package=\"\"} 2000500000"));
  CHECK(has_line(page, "node_cpu_flag_info{flag=\"avx\"} 1\nnode_cpu_flag_info{flag=\"avx2\"} 1"));
  CHECK(page.find("node_cpu_bug_info") == std::string::npos);
  CHECK(page.find("node_cpu_guest") == std::string::npos);
  context.options["cpu.info"] = "perhaps";
  CHECK(cpu_row().make(context).error().message ==
        "--collector.cpu.info: 'perhaps' is neither true nor false");
}

}  // namespace
}  // namespace exporter
