// The machine itself under cAdvisor's names. Read once: none of it changes while the machine runs,
// but for CPUs switched on and off, and memory, which are read again each minute. Used under the
// scrape lock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "exporter/core/collector.h"

namespace exporter {

// How many numbers a list like "0-3,8" has.
std::optional<std::uint64_t> count_of_list(std::string_view text);

class MachineFamilies {
 public:
  MachineFamilies(Roots roots, bool with_topology)
      : roots_(std::move(roots)),
        topology_(with_topology),
        online_(roots_.sysfs + "/devices/system/cpu/online"),
        meminfo_(roots_.procfs + "/meminfo") {}

  void write(const Scrape& scrape, SampleWriter& out);

 private:
  void read_once();
  void read_topology();
  void read_memory_modules();
  void read(ReadBuffer& buffer);

  Roots roots_;
  bool topology_;
  KernelFile online_;
  KernelFile meminfo_;
  std::int64_t read_at_ns_ = 0;
  SharedLabels labels_;
  std::optional<std::uint64_t> cores_;
  std::optional<std::uint64_t> physical_cores_;
  std::optional<std::uint64_t> sockets_;
  std::optional<std::uint64_t> memory_bytes_;
  std::optional<std::uint64_t> swap_bytes_;
  // By type: how many, and their bytes.
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> modules_;
};

}  // namespace exporter
