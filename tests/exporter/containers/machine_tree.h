// Machines of files for tests: control groups of version 1, 2 or both, processes, and the runtimes'
// files, below a directory of its own. Texts are as Linux 6 writes them; numbers grow with `seed`,
// so that no two groups and no two files have the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "exporter/core/kernel_file.h"
#include "tests/support/temp_tree.h"

namespace exporter {

enum class CgroupVersion : std::uint8_t { kOne, kTwo, kHybrid };

class MachineTree {
 public:
  // With a root group, P/stat, P/meminfo, P/1, block device 8:0 (sda) and 7:0 (loop0).
  explicit MachineTree(CgroupVersion version);

  // path begins with "/"; groups above it have to be made before.
  void add_group(const std::string& path, std::uint64_t seed);
  void remove_group(const std::string& path);
  // A file of a group: controller is "memory", "cpu,cpuacct", "blkio", "pids", or "" for version 2.
  void write(std::string_view controller, const std::string& path, std::string_view file,
             std::string_view text);
  void remove(std::string_view controller, const std::string& path, std::string_view file);

  // A process in the group, with a network namespace of its own, or that of another process.
  void add_process(std::uint32_t process, const std::string& path, std::uint32_t network_of = 0);

  // What Docker keeps. state is the JSON of its State object.
  void add_docker(const std::string& id, std::string_view name, std::string_view state,
                  std::string_view labels = "{}", std::string_view restart_policy = "no");
  // containerd's bundle of a Kubernetes container, or sandbox.
  void add_cri(const std::string& id, std::string_view container, std::string_view pod,
               std::string_view space, bool sandbox, std::uint32_t process);

  Roots roots() const;
  std::string directory(std::string_view controller, const std::string& path) const;
  const test::TempTree& files() const { return tree_; }

 private:
  void add_version1(const std::string& path, std::uint64_t seed);
  void add_version2(const std::string& path, std::uint64_t seed);

  test::TempTree tree_;
  CgroupVersion version_;
};

// 64 hex digits that begin with text.
std::string container_id(std::string_view text);

}  // namespace exporter
