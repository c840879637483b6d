// What CPUs spent their time on: the lines "cpuN" of P/stat, proc_stat(5).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "exporter/core/line_errors.h"

namespace exporter {

// Times of one CPU since boot in ticks of 1/100 s (USER_HZ, fixed by the kernel's interface).
struct CpuTicks {
  enum Column : std::uint8_t {
    kUser,
    kNice,
    kSystem,
    kIdle,
    kIowait,
    kIrq,
    kSoftirq,
    kSteal,
    kGuest,      // also inside kUser
    kGuestNice,  // also inside kNice
    kColumns,
  };

  std::string_view cpu;  // its number; into the text that was parsed
  std::array<std::uint64_t, kColumns> ticks{};
  std::size_t columns = 0;  // how many the kernel gave
};

void parse_cpu_ticks(std::string_view text, std::vector<CpuTicks>& cpus, LineErrors& errors);

// The kernel's idle and iowait counts can run backwards for a moment, which a counter must not: a
// smaller value is replaced by the one before. A CPU whose idle time fell by 3 s or more was
// switched off and on and begins anew.
class RisingTicks {
 public:
  // Corrects what was just read. CPUs that are gone are forgotten.
  void apply(std::vector<CpuTicks>& cpus);

 private:
  struct Held {
    std::string cpu;
    std::array<std::uint64_t, CpuTicks::kColumns> ticks{};
  };
  void follow(const std::vector<CpuTicks>& cpus);

  std::vector<Held> held_;  // in the order of the last reading
};

}  // namespace exporter
