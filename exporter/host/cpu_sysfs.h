// Which CPUs are online and isolated and how often they were throttled, from
// S/devices/system/cpu (Documentation/ABI/testing/sysfs-devices-system-cpu). The tree is walked
// once, and again when the list of online CPUs changes; a scrape reads that one list and the
// throttle counts, all through kept descriptors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/collector.h"

namespace exporter {

// "0-2,5" is 0, 1, 2, 5. False when text is no such list; what was read stays.
bool parse_cpu_list(std::string_view text, std::vector<std::uint32_t>& cpus);

class CpuSysfs {
 public:
  explicit CpuSysfs(const std::string& sysfs);

  // Writes its families. A machine without these files leaves them out.
  void write(const Scrape& scrape, SampleWriter& out);

 private:
  struct Cpu {
    std::string number;
    bool online = false;
  };
  struct Throttle {
    std::string package;
    std::string core;  // empty for a package's own count
    KernelFile count;
  };

  void walk();
  void find_throttles(std::uint32_t cpu);
  void add_throttle(std::vector<Throttle>& throttles, std::string package, std::string core,
                    const std::string& path);

  std::string directory_;
  KernelFile online_file_;
  std::string online_text_;
  bool walked_ = false;
  std::vector<Cpu> cpus_;  // empty where the kernel cannot switch CPUs off
  std::vector<std::string> isolated_;
  std::vector<Throttle> cores_;
  std::vector<Throttle> packages_;
};

}  // namespace exporter
