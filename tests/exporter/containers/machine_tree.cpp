#include "tests/exporter/containers/machine_tree.h"

#include <unistd.h>

#include <filesystem>

namespace exporter {
namespace {

std::string number(std::uint64_t value) { return std::to_string(value); }

std::string lines(std::initializer_list<std::pair<const char*, std::uint64_t>> values) {
  std::string text;
  for (const auto& [key, value] : values) text += std::string(key) + " " + number(value) + "\n";
  return text;
}

// Thousands of them are ten times cheaper in memory.
std::filesystem::path place_for_small_files() {
  const std::filesystem::path memory = "/dev/shm";
  return ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
}

std::string pressure(std::uint64_t some, std::uint64_t full) {
  return "some avg10=0.00 avg60=0.12 avg300=0.05 total=" + number(some) +
         "\nfull avg10=0.00 avg60=0.00 avg300=0.01 total=" + number(full) + "\n";
}

}  // namespace

std::string container_id(std::string_view text) {
  std::string id(text);
  id.resize(64, '0');
  return id;
}

MachineTree::MachineTree(CgroupVersion version)
    : tree_(place_for_small_files()), version_(version) {
  tree_.write("proc/stat", "cpu  1 2 3 4\nbtime 1700000000\n");
  tree_.write("proc/meminfo", "MemTotal:        8000000 kB\nMemFree: 1 kB\nSwapTotal: 2000 kB\n");
  tree_.write("proc/sys/kernel/random/boot_id", "00000000-1111-2222-3333-444444444444\n");
  tree_.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
  tree_.write("sys/class/dmi/id/product_uuid", "11111111-2222-3333-4444-555555555555\n");
  tree_.write("sys/devices/system/cpu/online", "0-3\n");
  std::filesystem::create_directories(tree_.path("sys/dev/block"));
  std::filesystem::create_symlink("../../devices/pci/block/sda", tree_.path("sys/dev/block/8:0"));
  std::filesystem::create_symlink("../../devices/virtual/block/loop0",
                                  tree_.path("sys/dev/block/7:0"));
  add_group("/", 1);
  add_process(1, "/");
}

Roots MachineTree::roots() const {
  return {.procfs = tree_.path("proc"),
          .sysfs = tree_.path("sys"),
          .rootfs = tree_.root(),
          .udev = tree_.path("udev")};
}

std::string MachineTree::directory(std::string_view controller, const std::string& path) const {
  std::string mount = "sys/fs/cgroup";
  if (!controller.empty()) {
    mount += "/" + std::string(controller);
  } else if (version_ == CgroupVersion::kHybrid) {
    mount += "/unified";
  }
  return mount + (path == "/" ? "" : path);
}

void MachineTree::write(std::string_view controller, const std::string& path, std::string_view file,
                        std::string_view text) {
  tree_.write(directory(controller, path) + "/" + std::string(file), text);
}

void MachineTree::remove(std::string_view controller, const std::string& path,
                         std::string_view file) {
  tree_.remove(directory(controller, path) + "/" + std::string(file));
}

void MachineTree::add_group(const std::string& path, std::uint64_t seed) {
  if (version_ != CgroupVersion::kTwo) add_version1(path, seed);
  if (version_ == CgroupVersion::kTwo) add_version2(path, seed);
  if (version_ != CgroupVersion::kHybrid) return;
  write("", path, "cgroup.controllers", "\n");
  write("", path, "cgroup.procs", "");
  write("", path, "cpu.stat", lines({{"usage_usec", seed}, {"user_usec", 1}, {"system_usec", 2}}));
  write("", path, "cpu.pressure", pressure(seed * 1000 + 1, seed * 1000 + 2));
  write("", path, "memory.pressure", pressure(seed * 1000 + 3, seed * 1000 + 4));
  write("", path, "io.pressure", pressure(seed * 1000 + 5, seed * 1000 + 6));
}

void MachineTree::add_version1(const std::string& path, std::uint64_t seed) {
  const std::uint64_t at = seed * 1'000'000;
  for (const char* controller : {"memory", "cpu,cpuacct", "blkio", "pids"}) {
    write(controller, path, "cgroup.procs", "");
  }
  write("cpu,cpuacct", path, "cpuacct.usage", number(at * 1000 + 500) + "\n");
  write("cpu,cpuacct", path, "cpuacct.stat", lines({{"user", seed * 10}, {"system", seed * 5}}));
  write("cpu,cpuacct", path, "cpuacct.usage_percpu",
        number(at * 600) + " " + number(at * 400) + " \n");
  write("cpu,cpuacct", path, "cpu.stat",
        lines({{"nr_periods", seed * 100},
               {"nr_throttled", seed * 3},
               {"throttled_time", at * 70},
               {"nr_bursts", seed},
               {"burst_time", at * 20}}));
  write("cpu,cpuacct", path, "cpu.cfs_quota_us", seed % 2 == 0 ? "50000\n" : "-1\n");
  write("cpu,cpuacct", path, "cpu.cfs_period_us", "100000\n");
  write("cpu,cpuacct", path, "cpu.shares", "1024\n");
  write("memory", path, "memory.usage_in_bytes", number(at + 70'000) + "\n");
  write("memory", path, "memory.max_usage_in_bytes", number(at + 90'000) + "\n");
  write("memory", path, "memory.failcnt", number(seed * 2) + "\n");
  write("memory", path, "memory.kmem.usage_in_bytes", number(at / 10) + "\n");
  write("memory", path, "memory.limit_in_bytes",
        seed % 2 == 0 ? number(at * 4) + "\n" : "9223372036854771712\n");
  write("memory", path, "memory.memsw.limit_in_bytes", "9223372036854771712\n");
  write("memory", path, "memory.soft_limit_in_bytes", "9223372036854771712\n");
  write("memory", path, "memory.use_hierarchy", "1\n");
  write("memory", path, "memory.oom_control",
        lines({{"oom_kill_disable", 0}, {"under_oom", 0}, {"oom_kill", seed % 3}}));
  write("memory", path, "memory.stat",
        lines({{"cache", 1},
               {"rss", 2},
               {"mapped_file", 3},
               {"pgfault", at + 1},
               {"pgmajfault", at + 2},
               {"inactive_file", 6},
               {"active_file", 7},
               {"hierarchical_memory_limit", 9223372036854771712ULL},
               {"total_cache", at + 10},
               {"total_rss", at + 11},
               {"total_mapped_file", at + 12},
               {"total_dirty", at + 13},
               {"total_writeback", at + 14},
               {"total_workingset_refault_anon", at + 15},
               {"total_workingset_refault_file", at + 16},
               {"total_swap", at + 17},
               {"total_pgfault", at + 18},
               {"total_pgmajfault", at + 19},
               {"total_inactive_file", at + 20},
               {"total_active_file", at + 21}}));
  write("blkio", path, "blkio.throttle.io_service_bytes_recursive",
        "8:0 Read " + number(at * 2) + "\n8:0 Write " + number(at * 3) +
            "\n8:0 Sync 0\n8:0 Total " + number(at * 5) + "\n7:0 Read 99\nTotal " + number(at * 5) +
            "\n");
  write("blkio", path, "blkio.throttle.io_serviced_recursive",
        "8:0 Read " + number(seed * 20) + "\n8:0 Write " + number(seed * 30) + "\nTotal 0\n");
  write("pids", path, "pids.current", number(seed + 1) + "\n");
  write("pids", path, "pids.max", seed % 2 == 0 ? "512\n" : "max\n");
}

void MachineTree::add_version2(const std::string& path, std::uint64_t seed) {
  const std::uint64_t at = seed * 1'000'000;
  write("", path, "cgroup.controllers", "cpu io memory pids\n");
  write("", path, "cgroup.procs", "");
  write("", path, "cpu.stat",
        lines({{"usage_usec", at},
               {"user_usec", at - 300},
               {"system_usec", 300},
               {"nr_periods", seed * 100},
               {"nr_throttled", seed * 3},
               {"throttled_usec", seed * 70},
               {"nr_bursts", seed},
               {"burst_usec", seed * 20}}));
  write("", path, "cpu.pressure", pressure(seed * 1000 + 1, seed * 1000 + 2));
  write("", path, "memory.pressure", pressure(seed * 1000 + 3, seed * 1000 + 4));
  write("", path, "io.pressure", pressure(seed * 1000 + 5, seed * 1000 + 6));
  write("", path, "memory.stat",
        lines({{"anon", at + 11},
               {"file", at + 10},
               {"kernel", at / 10},
               {"file_mapped", at + 12},
               {"file_dirty", at + 13},
               {"file_writeback", at + 14},
               {"inactive_file", at + 20},
               {"active_file", at + 21},
               {"slab_reclaimable", at + 22},
               {"workingset_refault_anon", at + 15},
               {"workingset_refault_file", at + 16},
               {"pgscan", at + 23},
               {"pgsteal", at + 24},
               {"pgfault", at + 18},
               {"pgmajfault", at + 19}}));
  write("", path, "io.stat",
        "7:0 \n8:0 rbytes=" + number(at * 2) + " wbytes=" + number(at * 3) +
            " rios=" + number(seed * 20) + " wios=" + number(seed * 30) + " dbytes=0 dios=0\n");
  if (path == "/") return;  // the root has no limits, and none of what counts towards one
  write("", path, "cpu.max", seed % 2 == 0 ? "50000 100000\n" : "max 100000\n");
  write("", path, "cpu.weight", "100\n");
  write("", path, "memory.current", number(at * 2 + 70'000) + "\n");
  write("", path, "memory.peak", number(at * 2 + 90'000) + "\n");
  write("", path, "memory.swap.current", number(at + 17) + "\n");
  write("", path, "memory.max", seed % 2 == 0 ? number(at * 4) + "\n" : "max\n");
  write("", path, "memory.swap.max", "max\n");
  write("", path, "memory.min", "0\n");
  write("", path, "memory.low", seed % 2 == 0 ? number(at / 2) + "\n" : "0\n");
  write("", path, "memory.events",
        lines({{"low", 0},
               {"high", seed * 4},
               {"max", seed * 5},
               {"oom", seed},
               {"oom_kill", seed % 3}}));
  write("", path, "pids.current", number(seed + 1) + "\n");
  write("", path, "pids.max", seed % 2 == 0 ? "512\n" : "max\n");
}

void MachineTree::remove_group(const std::string& path) {
  if (version_ != CgroupVersion::kTwo) {
    for (const char* controller : {"memory", "cpu,cpuacct", "blkio", "pids"}) {
      tree_.remove(directory(controller, path));
    }
  }
  if (version_ != CgroupVersion::kOne) tree_.remove(directory("", path));
}

void MachineTree::add_process(std::uint32_t process, const std::string& path,
                              std::uint32_t network_of) {
  const std::string pid = number(process);
  const std::string folder = "proc/" + pid;
  tree_.write(folder + "/stat", pid + " (a (b) c) S 1 1 1 0 -1 0 0 0 0 0 7 8 0 0 20 0 1 0 " +
                                    number(process * 100) + " 1000 10 0\n");
  tree_.write(folder + "/cgroup",
              version_ == CgroupVersion::kTwo ? "0::" + path + "\n" : "4:memory:" + path + "\n");
  const std::string net = folder + "/net/dev";
  if (network_of != 0) {
    std::filesystem::create_directories(tree_.path(folder + "/net"));
    std::filesystem::create_hard_link(tree_.path("proc/" + number(network_of) + "/net/dev"),
                                      tree_.path(net));
  } else {
    tree_.write(net,
                "Inter-|   Receive                |  Transmit\n"
                " face |bytes    packets errs drop fifo frame compressed multicast|bytes packets\n"
                "    lo: 9 9 0 0 0 0 0 0 9 9 0 0 0 0 0 0\n"
                "  eth0: " +
                    number(process * 1000) + " " + number(process * 10) + " 1 2 0 0 0 0 " +
                    number(process * 2000) + " " + number(process * 20) +
                    " 3 4 0 0 0 0\n"
                    "veth12ab: 5 5 0 0 0 0 0 0 5 5 0 0 0 0 0 0\n");
  }
  tree_.write(folder + "/net/sockstat", "sockets: used 9\nTCP: inuse " + number(process) +
                                            " orphan 0 tw 2 alloc 6 mem 1\nUDP: inuse 3 mem 0\n");
  for (const char* controller : {"memory", "cpu,cpuacct", "blkio", "pids"}) {
    if (version_ != CgroupVersion::kTwo) write(controller, path, "cgroup.procs", pid + "\n");
  }
  if (version_ == CgroupVersion::kTwo) write("", path, "cgroup.procs", pid + "\n");
}

void MachineTree::add_docker(const std::string& id, std::string_view name, std::string_view state,
                             std::string_view labels, std::string_view restart_policy) {
  const std::string folder = "var/lib/docker/containers/" + id;
  const std::string config = "{\"StreamConfig\":{},\"State\":" + std::string(state) + ",\"ID\":\"" +
                             id +
                             "\",\"Created\":\"2026-11-25T20:00:00Z\",\"Config\":{\"Hostname\":"
                             "\"h\",\"Env\":[\"SECRET=s3cr3t\"],"
                             "\"Image\":\"nginx:1.27\",\"Labels\":" +
                             std::string(labels) + "},\"Name\":\"/" + std::string(name) +
                             "\",\"RestartCount\":2,\"HasBeenManuallyStopped\":false}";
  tree_.write(folder + "/hostconfig.json",
              "{\"NetworkMode\":\"default\",\"RestartPolicy\":{\"Name\":\"" +
                  std::string(restart_policy) + "\",\"MaximumRetryCount\":0}}");
  // As Docker does: written beside, then renamed.
  tree_.write(folder + "/.tmp-config.v2.json1", config);
  std::filesystem::rename(tree_.path(folder + "/.tmp-config.v2.json1"),
                          tree_.path(folder + "/config.v2.json"));
}

void MachineTree::add_cri(const std::string& id, std::string_view container, std::string_view pod,
                          std::string_view space, bool sandbox, std::uint32_t process) {
  const std::string folder = "run/containerd/io.containerd.runtime.v2.task/k8s.io/" + id;
  std::string annotations = "\"io.kubernetes.cri.container-type\":\"";
  annotations += sandbox ? "sandbox" : "container";
  if (!sandbox) {
    annotations += "\",\"io.kubernetes.cri.container-name\":\"" + std::string(container) +
                   "\",\"io.kubernetes.cri.image-name\":\"registry.example/app:2";
  }
  annotations += "\",\"io.kubernetes.cri.sandbox-name\":\"" + std::string(pod) +
                 "\",\"io.kubernetes.cri.sandbox-uid\":\"0a1b2c3d-1111-2222-3333-444455556666" +
                 "\",\"io.kubernetes.cri.sandbox-namespace\":\"" + std::string(space) + "\"";
  tree_.write(folder + "/config.json",
              "{\"ociVersion\":\"1.1.0\",\"process\":{\"env\":[\"TOKEN=t\"]},"
              "\"annotations\":{" +
                  annotations + "}}");
  tree_.write(folder + "/init.pid", number(process));
}

}  // namespace exporter
