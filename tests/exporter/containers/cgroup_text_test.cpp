#include "exporter/containers/cgroup_text.h"

#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("a single number is read with its newline, anything else is nothing") {
  CHECK(parse_count("42\n") == 42U);
  CHECK(parse_count(" 42 ") == 42U);
  CHECK_FALSE(parse_count("max\n"));
  CHECK_FALSE(parse_count(""));
  CHECK_FALSE(parse_count("42 43"));
  CHECK_FALSE(parse_count("99999999999999999999999"));
}

TEST_CASE("max, -1 and more than 2^62 are no limit") {
  bool unlimited = false;
  for (const char* text : {"max\n", "-1\n", "9223372036854771712\n", "18446744073709551615\n"}) {
    CHECK_FALSE(parse_limit(text, unlimited));
    CHECK(unlimited);
  }
  CHECK(parse_limit("4096\n", unlimited) == 4096U);
  CHECK_FALSE(unlimited);
  CHECK_FALSE(parse_limit("many\n", unlimited));
  CHECK_FALSE(unlimited);
}

TEST_CASE("memory.stat of version 1 tells of the group alone and of all below it") {
  constexpr std::string_view kText =
      "cache 1\nrss 2\npgfault 3\npgmajfault 4\nhierarchical_memory_limit 5\n"
      "total_cache 10\ntotal_rss 20\ntotal_pgfault 30\ntotal_pgmajfault 40\n"
      "total_inactive_file 50\ntotal_active_file 60\ntotal_swap 70\n";
  const MemoryStat all = parse_memory_stat_v1(kText, true);
  CHECK(all.cache == 10U);
  CHECK(all.rss == 20U);
  CHECK(all.page_faults == 30U);
  CHECK(all.own_page_faults == 3U);
  CHECK(all.own_major_page_faults == 4U);
  CHECK(all.inactive_file == 50U);
  CHECK(all.swap == 70U);
  CHECK_FALSE(all.dirty);
  const MemoryStat own = parse_memory_stat_v1(kText, false);
  CHECK(own.cache == 1U);
  CHECK(own.page_faults == 3U);
  CHECK_FALSE(own.inactive_file);
}

TEST_CASE("memory.stat of version 2 is taken line by line, a bad line costs only itself") {
  const MemoryStat stat =
      parse_memory_stat_v2("anon 1\nfile x\nfile_mapped\nkernel 4\nslab 9\n\n5");
  CHECK(stat.rss == 1U);
  CHECK_FALSE(stat.cache);
  CHECK_FALSE(stat.mapped_file);
  CHECK(stat.kernel == 4U);
}

TEST_CASE("cpu.stat has microseconds in version 2 and nanoseconds in version 1") {
  const CpuStat two =
      parse_cpu_stat("usage_usec 7\nnr_periods 3\nthrottled_usec 5\nburst_usec 2\n");
  CHECK(two.usage_us == 7U);
  CHECK(two.periods == 3U);
  CHECK(two.throttled_ns == 5000U);
  CHECK(two.burst_ns == 2000U);
  CHECK_FALSE(two.user_us);
  const CpuStat one =
      parse_cpu_stat("nr_periods 3\nnr_throttled 1\nthrottled_time 5\nburst_time 2\n");
  CHECK(one.throttled_ns == 5U);
  CHECK(one.throttled_periods == 1U);
  CHECK_FALSE(one.usage_us);
  CHECK_FALSE(parse_cpu_stat("throttled_usec 18446744073709551615\n").throttled_ns);
}

TEST_CASE("cpuacct.stat gives ticks") {
  Count user;
  Count system;
  parse_cpuacct_stat("user 12\nsystem 3\n", user, system);
  CHECK(user == 12U);
  CHECK(system == 3U);
  parse_cpuacct_stat("user\n", user, system);
  CHECK_FALSE(user);
  CHECK_FALSE(system);
}

TEST_CASE("cpu.max without a quota says max") {
  CHECK(parse_cpu_max("50000 100000\n").quota_us == 50'000U);
  CHECK(parse_cpu_max("50000 100000\n").period_us == 100'000U);
  CHECK_FALSE(parse_cpu_max("max 100000\n").quota_us);
  CHECK(parse_cpu_max("max 100000\n").period_us == 100'000U);
  CHECK_FALSE(parse_cpu_max("").period_us);
  CHECK_FALSE(parse_cpu_max("lots 100000\n").period_us);
}

TEST_CASE("a key is found as a whole word only") {
  constexpr std::string_view kText = "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n";
  CHECK(parse_keyed(kText, "oom_kill") == 4U);
  CHECK_FALSE(parse_keyed(kText, "oom"));
  CHECK_FALSE(parse_keyed("oom_kill", "oom_kill"));
  CHECK_FALSE(parse_keyed("oom_kill x\n", "oom_kill"));
}

TEST_CASE("memory.events gives how often limits were met and tasks killed") {
  const MemoryEvents events = parse_memory_events("low 1\nhigh 2\nmax 3\noom 4\noom_kill 5\n");
  CHECK(events.high == 2U);
  CHECK(events.max == 3U);
  CHECK(events.oom_kill == 5U);
}

TEST_CASE("a pressure file gives the two totals; a CPU's may lack the second") {
  const GroupPressure both = parse_group_pressure(
      "some avg10=0.50 avg60=1.10 avg300=0.92 total=84117658\n"
      "full avg10=0.00 avg60=0.02 avg300=0.16 total=12636717\n");
  CHECK(both.some_us == 84'117'658U);
  CHECK(both.full_us == 12'636'717U);
  const GroupPressure one =
      parse_group_pressure("some avg10=0.00 avg60=0.00 avg300=0.00 total=7\n");
  CHECK(one.some_us == 7U);
  CHECK_FALSE(one.full_us);
  CHECK_FALSE(parse_group_pressure("some avg10=0.00\nfull total=\n").some_us);
}

TEST_CASE("io.stat has a line per device, and lines that say nothing") {
  std::vector<DeviceIo> devices;
  parse_io_stat(
      "7:0 \n8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n"
      "253:1 rbytes=5 cost.usage=9 cost.wait=x\nbad\n9: rbytes=1\n",
      devices);
  REQUIRE(devices.size() == 2);
  CHECK(devices[0].major == 8);
  CHECK(devices[0].write_bytes == 20U);
  CHECK(devices[0].writes == 2U);
  CHECK_FALSE(devices[0].cost_usage_us);
  CHECK(devices[1].major == 253);
  CHECK(devices[1].minor == 1);
  CHECK(devices[1].cost_usage_us == 9U);
  CHECK_FALSE(devices[1].cost_wait_us);
}

TEST_CASE("two blkio files make one list of devices") {
  std::vector<DeviceIo> devices;
  parse_blkio("8:0 Read 10\n8:0 Write 20\n8:0 Total 30\n8:16 Read 1\nTotal 31\n", BlkioKind::kBytes,
              devices);
  parse_blkio("8:16 Write 5\n8:0 Read 2\nbroken\nTotal 7\n", BlkioKind::kOperations, devices);
  REQUIRE(devices.size() == 2);
  CHECK(devices[0].read_bytes == 10U);
  CHECK(devices[0].write_bytes == 20U);
  CHECK(devices[0].reads == 2U);
  CHECK(devices[1].minor == 16);
  CHECK(devices[1].writes == 5U);
  CHECK_FALSE(devices[1].write_bytes);
}

TEST_CASE("memory.numa_stat has pages in version 1 and bytes in version 2") {
  std::vector<NumaPages> pages;
  parse_numa_stat(
      "total=9 N0=4 N1=5\nfile=7 N0=3 N1=4\nhierarchical_anon=30 N0=10 N1=20\nanon=x N0=x N=1 N1\n",
      false, 4096, pages);
  REQUIRE(pages.size() == 4);
  CHECK(pages[1].node == 1);
  CHECK(pages[1].pages == 4);
  CHECK(pages[1].type == NumaPages::Type::kFile);
  CHECK_FALSE(pages[1].hierarchical);
  CHECK(pages[3].pages == 20);
  CHECK(pages[3].type == NumaPages::Type::kAnonymous);
  CHECK(pages[3].hierarchical);
  parse_numa_stat("anon N0=8192 N1=4096\nunevictable N0=0 N1=0\nslab N0=1\n", true, 4096, pages);
  REQUIRE(pages.size() == 4);
  CHECK(pages[0].pages == 2);
  CHECK(pages[0].hierarchical);
  parse_numa_stat("nonsense", true, 4096, pages);
  CHECK(pages.empty());
}

TEST_CASE("cpuacct.usage_percpu has one number for each CPU") {
  std::vector<std::uint64_t> cpus;
  parse_per_cpu("10 20 30 \n", cpus);
  CHECK(cpus == std::vector<std::uint64_t>{10, 20, 30});
  parse_per_cpu("x\n", cpus);
  CHECK(cpus.empty());
}

TEST_CASE("cgroup.procs counts processes; those of another pid namespace are 0") {
  CHECK(parse_procs("").count == 0);
  CHECK(parse_procs("12\n34\n").count == 2);
  CHECK(parse_procs("12\n34\n").first == 12);
  CHECK(parse_procs("0\n0\n7\n").count == 3);
  CHECK(parse_procs("0\n0\n7\n").first == 7);
  CHECK(parse_procs("x\n12\n").count == 1);
  CHECK_FALSE(parse_procs("x\n").count);
}

}  // namespace
}  // namespace exporter
