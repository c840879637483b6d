// Where the control groups of this machine lie: the mounts below S/fs/cgroup, told by their names
// and contents, so that a tree of fixtures and the host's /sys mounted elsewhere serve as well.
//
//   version 2   S/fs/cgroup itself has cgroup.controllers
//   version 1   S/fs/cgroup/memory, …/cpu,cpuacct and so on, one mount per controller or group of
//   them hybrid      version 1 with a version 2 mount beside (…/unified)
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "exporter/core/error.h"
#include "exporter/core/kernel_file.h"

namespace exporter {

enum class Controller : std::uint8_t {
  kMemory,
  kPids,
  kCpuacct,
  kCpu,
  kBlkio,
  kHugetlb,
  kUnified,  // version 2, with whatever controllers it has
};
inline constexpr std::size_t kControllerCount = 7;

struct Hierarchy {
  std::string path;
  FileDescriptor root;  // O_PATH
  bool watch = false;   // limits live here
};

struct CgroupLayout {
  static constexpr std::size_t kMaxHierarchies = 7;

  std::vector<Hierarchy> hierarchies;      // at most kMaxHierarchies
  std::array<int, kControllerCount> of{};  // index into hierarchies, -1: not mounted

  int index(Controller controller) const { return of[static_cast<std::size_t>(controller)]; }
  bool version2() const { return hierarchies.size() == 1 && index(Controller::kUnified) == 0; }
};

// kNotFound when nothing is mounted there. A hierarchy of huge pages alone is left out without
// with_hugetlb: each one costs descriptors.
Result<CgroupLayout> find_cgroups(const std::string& sysfs, bool with_hugetlb = false);

}  // namespace exporter
