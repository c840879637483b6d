#include "exporter/containers/cgroup_layout.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

namespace exporter {
namespace {

struct ControllerName {
  std::string_view name;
  Controller controller;
};

constexpr std::array kNames{
    ControllerName{"memory", Controller::kMemory},
    ControllerName{"pids", Controller::kPids},
    ControllerName{"cpuacct", Controller::kCpuacct},
    ControllerName{"cpu", Controller::kCpu},
    ControllerName{"blkio", Controller::kBlkio},
    ControllerName{"hugetlb", Controller::kHugetlb},
};

bool is_version2(const std::string& path) {
  return ::access((path + "/cgroup.controllers").c_str(), F_OK) == 0;
}

// The controllers of a mount of version 1, which is called after them: "cpu,cpuacct".
std::vector<Controller> controllers_of(std::string_view mount) {
  std::vector<Controller> controllers;
  while (!mount.empty()) {
    const std::string_view name = mount.substr(0, mount.find(','));
    for (const ControllerName& known : kNames) {
      if (known.name == name) controllers.push_back(known.controller);
    }
    mount.remove_prefix(std::min(name.size() + 1, mount.size()));
  }
  return controllers;
}

// "cpu" is often a link to "cpu,cpuacct": one hierarchy, found by what it is.
int add_hierarchy(CgroupLayout& layout, const std::string& path) {
  FileDescriptor root(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  struct stat status{};
  if (!root || ::fstat(root.get(), &status) != 0) return -1;
  for (std::size_t i = 0; i < layout.hierarchies.size(); ++i) {
    struct stat other{};
    if (::fstat(layout.hierarchies[i].root.get(), &other) == 0 && other.st_ino == status.st_ino &&
        other.st_dev == status.st_dev) {
      return static_cast<int>(i);
    }
  }
  if (layout.hierarchies.size() == CgroupLayout::kMaxHierarchies) return -1;
  layout.hierarchies.push_back({path, std::move(root), false});
  return static_cast<int>(layout.hierarchies.size() - 1);
}

}  // namespace

Result<CgroupLayout> find_cgroups(const std::string& sysfs, bool with_hugetlb) {
  const std::string base = sysfs + "/fs/cgroup";
  CgroupLayout layout;
  layout.of.fill(-1);
  const auto assign = [&layout](Controller controller, int index) {
    if (index >= 0) layout.of[static_cast<std::size_t>(controller)] = index;
  };
  if (is_version2(base)) {
    assign(Controller::kUnified, add_hierarchy(layout, base));
  } else {
    for (const std::string& mount : list_directory(base)) {
      const std::string path = base + "/" + mount;
      if (is_version2(path)) {
        assign(Controller::kUnified, add_hierarchy(layout, path));
        continue;
      }
      for (const Controller controller : controllers_of(mount)) {
        if (controller == Controller::kHugetlb && !with_hugetlb) continue;
        assign(controller, add_hierarchy(layout, path));
      }
    }
  }
  if (layout.hierarchies.empty()) {
    return fail(ErrorKind::kNotFound, base + ": no control groups are mounted here");
  }
  for (const Controller controller : {Controller::kMemory, Controller::kPids, Controller::kCpu}) {
    const int own = layout.index(controller);
    const int index = own >= 0 ? own : layout.index(Controller::kUnified);
    if (index >= 0) layout.hierarchies[static_cast<std::size_t>(index)].watch = true;
  }
  return layout;
}

}  // namespace exporter
