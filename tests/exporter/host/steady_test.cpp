// A steady scrape allocates nothing. operator new counts in this program.
#include "exporter/core/clock.h"
#include "tests/exporter/host/big_host.h"
#include "tests/exporter/host/driver.h"
#include "tests/exporter/host/machine.h"
#include "tests/support/allocations.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

// Whatever is asked over D-Bus is asked elsewhere, and comes anew each time. What other programs
// do decides from scrape to scrape which series processes and sockets have. Saying why a collector
// has nothing on this machine takes memory, so only those that have something are held to it.
std::vector<std::string_view> on_the_scrape_path() {
  Driver driver(make_host_context({}));
  driver.scrape(SystemClock().now());
  std::vector<std::string_view> names;
  for (const CollectorRow& row : host_collectors()) {
    constexpr std::string_view kRestless[] = {"logind", "namedprocess", "processes", "systemd",
                                              "tcpstat"};
    const bool restless = std::ranges::find(kRestless, row.name) != std::end(kRestless);
    if (!restless && driver.result(row.name)) names.push_back(row.name);
  }
  REQUIRE(names.size() > 13);
  return names;
}

// Which parts of the page a scrape has cannot change while no device or mount comes or goes; other
// programs can do that at any time, so the quietest of many attempts counts.
TEST_CASE("scrapes 20 to 40 of this machine allocate nothing, collectors and rendering alike") {
  const SystemClock clock;
  CHECK(test::fewest_allocations(100, [&] {
          Driver driver(make_host_context({}), on_the_scrape_path());
          return test::allocations_of_second(20, [&] { driver.scrape(clock.now()); });
        }) == 0);
}

std::size_t allocations_of_steady_scrapes(Machine& machine) {
  return test::allocations_of_second(4, [&] { machine.scrape(); });
}

TEST_CASE("a thousand interfaces that do not change are read from files without allocating") {
  Machine machine("netclass");
  for (int i = 0; i < 1000; ++i) {
    machine.files("sys/class/net/veth" + std::to_string(i), {{"address", "02:fc:00:00:00:01\n"},
                                                             {"broadcast", "ff:ff:ff:ff:ff:ff\n"},
                                                             {"flags", "0x1003\n"},
                                                             {"operstate", "up\n"},
                                                             {"mtu", "1500\n"},
                                                             {"speed", "10000\n"}});
  }
  CHECK(allocations_of_steady_scrapes(machine) == 0);
  CHECK(machine.samples() == 5000);
}

TEST_CASE("devices that do not change are read without allocating, on whatever thread") {
  Machine hwmon("hwmon");
  for (int i = 0; i < 300; ++i) {
    hwmon.file("sys/class/hwmon/hwmon0/temp" + std::to_string(i) + "_input", "45500\n");
  }
  CHECK(allocations_of_steady_scrapes(hwmon) == 0);
  CHECK(hwmon.samples() == 300);
  Machine nvme("nvme");
  nvme.files(
      "sys/class/nvme/nvme0",
      {{"model", "A model with a long name\n"}, {"state", "live\n"}, {"nvme0n1/size", "100\n"}});
  CHECK(allocations_of_steady_scrapes(nvme) == 0);
  Machine zfs("zfs");
  zfs.files(
      "proc/spl/kstat/zfs",
      {{"arcstats", "1\nname type data\na_counter_with_a_long_name 4 5\n"},
       {"tank/state", "ONLINE\n"},
       {"tank/io", "1\nnread nwritten\n7 8\n"},
       {"tank/objset-0x36", "1\nname type data\ndataset_name 7 tank/a/long/name\nwrites 4 9\n"}});
  CHECK(allocations_of_steady_scrapes(zfs) == 0);
  Machine mdadm("mdadm");
  mdadm.file("proc/mdstat", "md1 : active raid0 a[1] b[0]\n      10 blocks 512k chunks\n");
  CHECK(allocations_of_steady_scrapes(mdadm) == 0);
  Machine xfs("xfs");
  xfs.file("sys/fs/xfs/sda1/stats/stats", "rw 28 7\nextent_alloc 1 2 3 4\n");
  CHECK(allocations_of_steady_scrapes(xfs) == 0);
  Machine nothing("infiniband");
  CHECK(allocations_of_steady_scrapes(nothing) == 0);
}

TEST_CASE("large machines, and processes that stay the same, are read without allocating") {
  for (const char* collector : {"interrupts", "softirqs", "schedstat", "softnet"}) {
    Machine machine(collector);
    test::write_cpus(machine.tree());
    CHECK_MESSAGE(allocations_of_steady_scrapes(machine) == 0, collector);
    CHECK(machine.samples() >= 2 * test::kCpus);
  }
  Machine disks("diskstats");
  test::write_disks(disks.tree());
  CHECK(allocations_of_steady_scrapes(disks) == 0);
  CHECK(disks.samples() == 9000);
  for (const auto& [collector, samples] : {std::pair("filesystem", 18000), {"mountstats", 24}}) {
    Machine machine(collector);
    test::write_mounts(machine.tree(), machine.context());
    CHECK_MESSAGE(allocations_of_steady_scrapes(machine) == 0, collector);
    CHECK(machine.samples() == static_cast<std::size_t>(samples));
  }
  Machine processes("processes");
  for (int pid = 1; pid < 300; ++pid) {
    processes.file("proc/" + std::to_string(pid) + "/stat",
                   "1 (init) S 0 1 1 0 -1 4194560 3034 4837 31 43 9 20 4 8 20 0 1 0 9 10000\n");
  }
  processes.file("proc/sys/kernel/threads-max", "7\n").file("proc/sys/kernel/pid_max", "8\n");
  CHECK(allocations_of_steady_scrapes(processes) == 0);
  CHECK(processes.has("node_processes_state{state=\"S\"} 299"));
}

TEST_CASE("the counter of allocations counts") {
  const std::size_t before = test::allocations();
  const auto memory = std::make_unique<int>(1);
  CHECK(*memory == 1);
  CHECK(test::allocations() == before + 1);
}

}  // namespace
}  // namespace exporter
