// Large machines, for tests: 128 CPUs, 500 disks, 1,000 interfaces, 2,000 mounts.
#pragma once

#include <chrono>
#include <string>

#include "exporter/host/table.h"
#include "tests/support/temp_tree.h"

namespace test {

inline constexpr int kCpus = 128;

inline std::string cpu_columns(int first) {
  std::string text;
  for (int cpu = 0; cpu < kCpus; ++cpu) text += " " + std::to_string(first + cpu);
  return text;
}

inline std::string cpu_header() {
  std::string text;
  for (int cpu = 0; cpu < kCpus; ++cpu) text += " CPU" + std::to_string(cpu);
  return text + "\n";
}

// proc/{interrupts,softirqs,schedstat,stat,net/softnet_stat}; 300 interrupts. Of each CPU its
// topology, throttles and frequency below sys.
inline void write_cpus(const TempTree& tree) {
  std::string interrupts = cpu_header();
  for (int line = 0; line < 300; ++line) {
    interrupts += std::to_string(line) + ":" + cpu_columns(line) + "  PCI-MSI  " +
                  std::to_string(line) + "-edge  nvme0q" + std::to_string(line) + "\n";
  }
  std::string schedstat = "version 15\ntimestamp 1\n";
  std::string softnet;
  std::string stat = "cpu  1 2 3 4 5 6 7 8 9 10\n";
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (unsigned cpu = 0; cpu < kCpus; ++cpu) {
    schedstat += "cpu" + std::to_string(cpu) + " 0 0 0 0 0 0 1 2 " + std::to_string(cpu) + "\n";
    softnet += "1 2 3 0 0 0 0 0 4 5 6 7 ";
    ((softnet += kDigits[cpu / 16]) += kDigits[cpu % 16]) += '\n';
    stat += "cpu" + std::to_string(cpu) + " 1 2 3 4 5 6 7 8 9 10\n";
    const std::string folder = "sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/";
    tree.write(folder + "online", "1\n");
    tree.write(folder + "topology/physical_package_id", std::to_string(cpu / 64));
    tree.write(folder + "topology/core_id", std::to_string(cpu % 64));
    tree.write(folder + "thermal_throttle/core_throttle_count", "3\n");
    tree.write(folder + "thermal_throttle/package_throttle_count", "4\n");
    tree.write(folder + "cpufreq/cpuinfo_max_freq", "3000000\n");
    tree.write(folder + "cpufreq/scaling_cur_freq", std::to_string(1'000'000 + cpu));
  }
  tree.write("proc/interrupts", interrupts);
  tree.write("proc/softirqs",
             cpu_header() + "HI:" + cpu_columns(0) + "\nRCU:" + cpu_columns(5) + "\n");
  tree.write("proc/schedstat", schedstat);
  tree.write("proc/stat", stat + "intr 1\nctxt 2\nbtime 3\nprocesses 4\n");
  tree.write("proc/net/softnet_stat", softnet);
}

inline void write_disks(const TempTree& tree) {
  std::string diskstats;
  for (int disk = 0; disk < 500; ++disk) {
    diskstats += " 8 " + std::to_string(disk) + " disk" + std::to_string(disk) +
                 " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n";
  }
  tree.write("proc/diskstats", diskstats);
}

// proc/net/dev and sys/class/net.
inline void write_interfaces(const TempTree& tree) {
  std::string dev = "Inter-|\n face |bytes\n";
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "veth" + std::to_string(i);
    dev += name + ": 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
    const std::string folder = "sys/class/net/" + name + "/";
    tree.write(folder + "operstate", "up\n");
    tree.write(folder + "mtu", "1500\n");
    tree.write(folder + "address", "02:00:00:00:00:01\n");
  }
  tree.write("proc/net/dev", dev);
}

// Two of them are NFS. Every mount answers.
inline void write_mounts(const TempTree& tree, exporter::HostContext& context) {
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
  tree.write("proc/1/mountinfo", mountinfo);
  tree.write("proc/1/mountstats", mountstats);
  context.patience = std::chrono::seconds(60);
  context.statfs = [](const char*, struct statfs& to) {
    to.f_bsize = 4096;
    to.f_blocks = 10;
    return 0;
  };
}

}  // namespace test
