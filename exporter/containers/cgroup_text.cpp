// memory.stat   total_cache 4330782720          one key and one number a line
// cpu.stat      usage_usec 21737755664
// io.stat       8:0 rbytes=90112 wbytes=0 rios=22 wios=0 dbytes=0 dios=0
// blkio.*       8:0 Read 4096
// *.pressure    some avg10=0.50 avg60=1.10 avg300=0.92 total=84117658
#include "exporter/containers/cgroup_text.h"

#include <algorithm>
#include <array>
#include <span>

#include "exporter/core/kernel_file.h"
#include "exporter/core/scan.h"

namespace exporter {
namespace {

template <class T>
struct Key {
  std::string_view text;
  Count T::* field;
};

// Lengths differ more than beginnings do, so most lines are left after a look at two numbers.
template <class T>
void take_keyed(std::string_view line, std::span<const Key<T>> keys, T& to) {
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos) return;
  for (const Key<T>& key : keys) {
    if (key.text.size() != blank || !line.starts_with(key.text)) continue;
    to.*key.field = to_number<std::uint64_t>(line.substr(blank + 1));
    return;
  }
}

constexpr std::array kMemoryV2{
    Key{"anon", &MemoryStat::rss},
    Key{"file", &MemoryStat::cache},
    Key{"kernel", &MemoryStat::kernel},
    Key{"file_mapped", &MemoryStat::mapped_file},
    Key{"file_dirty", &MemoryStat::dirty},
    Key{"file_writeback", &MemoryStat::writeback},
    Key{"inactive_file", &MemoryStat::inactive_file},
    Key{"active_file", &MemoryStat::active_file},
    Key{"slab_reclaimable", &MemoryStat::slab_reclaimable},
    Key{"workingset_refault_anon", &MemoryStat::refaults_anon},
    Key{"workingset_refault_file", &MemoryStat::refaults_file},
    Key{"pgfault", &MemoryStat::page_faults},
    Key{"pgmajfault", &MemoryStat::major_page_faults},
    Key{"pgscan", &MemoryStat::pages_scanned},
    Key{"pgsteal", &MemoryStat::pages_stolen},
};

constexpr std::array kMemoryV1{
    Key{"cache", &MemoryStat::cache},
    Key{"rss", &MemoryStat::rss},
    Key{"mapped_file", &MemoryStat::mapped_file},
    Key{"dirty", &MemoryStat::dirty},
    Key{"writeback", &MemoryStat::writeback},
    Key{"workingset_refault_anon", &MemoryStat::refaults_anon},
    Key{"workingset_refault_file", &MemoryStat::refaults_file},
    Key{"swap", &MemoryStat::swap},
    Key{"pgfault", &MemoryStat::page_faults},
    Key{"pgmajfault", &MemoryStat::major_page_faults},
    Key{"inactive_file", &MemoryStat::inactive_file},
    Key{"active_file", &MemoryStat::active_file},
};

constexpr std::array kOwnFaultsV1{
    Key{"pgfault", &MemoryStat::own_page_faults},
    Key{"pgmajfault", &MemoryStat::own_major_page_faults},
};

struct RawCpuStat {
  Count usage_us, user_us, system_us, periods, throttled_periods;
  Count throttled_us, throttled_ns, burst_periods, burst_us, burst_ns;
};

constexpr std::array kCpu{
    Key{"usage_usec", &RawCpuStat::usage_us},
    Key{"user_usec", &RawCpuStat::user_us},
    Key{"system_usec", &RawCpuStat::system_us},
    Key{"nr_periods", &RawCpuStat::periods},
    Key{"nr_throttled", &RawCpuStat::throttled_periods},
    Key{"throttled_usec", &RawCpuStat::throttled_us},
    Key{"throttled_time", &RawCpuStat::throttled_ns},
    Key{"nr_bursts", &RawCpuStat::burst_periods},
    Key{"burst_usec", &RawCpuStat::burst_us},
    Key{"burst_time", &RawCpuStat::burst_ns},
};

constexpr std::array kEvents{
    Key{"high", &MemoryEvents::high},
    Key{"max", &MemoryEvents::max},
    Key{"oom_kill", &MemoryEvents::oom_kill},
};

constexpr std::array kIo{
    Key{"rbytes", &DeviceIo::read_bytes},
    Key{"wbytes", &DeviceIo::write_bytes},
    Key{"rios", &DeviceIo::reads},
    Key{"wios", &DeviceIo::writes},
    Key{"cost.usage", &DeviceIo::cost_usage_us},
    Key{"cost.wait", &DeviceIo::cost_wait_us},
    Key{"cost.indebt", &DeviceIo::cost_indebt_us},
    Key{"cost.indelay", &DeviceIo::cost_indelay_us},
};

Count as_ns(Count us) {
  std::uint64_t ns = 0;
  if (!us || __builtin_mul_overflow(*us, std::uint64_t{1000}, &ns)) return std::nullopt;
  return ns;
}

bool take_device(std::string_view& line, DeviceIo& device) {
  const auto major = next_number<std::uint32_t>(line);
  if (!major || !line.starts_with(':')) return false;
  line.remove_prefix(1);
  const auto minor = next_number<std::uint32_t>(line);
  if (!minor) return false;
  device.major = *major;
  device.minor = *minor;
  return true;
}

}  // namespace

Count parse_count(std::string_view text) { return to_number<std::uint64_t>(trimmed(text)); }

Count parse_limit(std::string_view text, bool& unlimited) {
  constexpr std::uint64_t kNoLimitAbove = std::uint64_t{1} << 62;
  text = trimmed(text);
  Count value = to_number<std::uint64_t>(text);
  unlimited = text == "max" || text == "-1" || (value && *value > kNoLimitAbove);
  if (unlimited) value.reset();
  return value;
}

MemoryStat parse_memory_stat_v1(std::string_view text, bool hierarchical) {
  constexpr std::string_view kTotal = "total_";
  MemoryStat stat;
  std::string_view line;
  while (next_line(text, line)) {
    const bool total = line.starts_with(kTotal);
    if (!total) take_keyed<MemoryStat>(line, kOwnFaultsV1, stat);
    if (total != hierarchical) continue;
    if (total) line.remove_prefix(kTotal.size());
    take_keyed<MemoryStat>(line, kMemoryV1, stat);
  }
  return stat;
}

MemoryStat parse_memory_stat_v2(std::string_view text) {
  MemoryStat stat;
  std::string_view line;
  while (next_line(text, line)) take_keyed<MemoryStat>(line, kMemoryV2, stat);
  return stat;
}

CpuStat parse_cpu_stat(std::string_view text) {
  RawCpuStat raw;
  std::string_view line;
  while (next_line(text, line)) take_keyed<RawCpuStat>(line, kCpu, raw);
  return {.usage_us = raw.usage_us,
          .user_us = raw.user_us,
          .system_us = raw.system_us,
          .periods = raw.periods,
          .throttled_periods = raw.throttled_periods,
          .throttled_ns = raw.throttled_ns ? raw.throttled_ns : as_ns(raw.throttled_us),
          .burst_periods = raw.burst_periods,
          .burst_ns = raw.burst_ns ? raw.burst_ns : as_ns(raw.burst_us)};
}

void parse_cpuacct_stat(std::string_view text, Count& user_ticks, Count& system_ticks) {
  user_ticks = parse_keyed(text, "user");
  system_ticks = parse_keyed(text, "system");
}

CpuMax parse_cpu_max(std::string_view text) {
  CpuMax max;
  const std::string_view quota = next_word(text);
  max.quota_us = to_number<std::uint64_t>(quota);
  if (max.quota_us || quota == "max") max.period_us = next_number<std::uint64_t>(text);
  return max;
}

Count parse_keyed(std::string_view text, std::string_view key) {
  std::string_view line;
  while (next_line(text, line)) {
    if (line.size() > key.size() && line[key.size()] == ' ' && line.starts_with(key)) {
      return to_number<std::uint64_t>(line.substr(key.size() + 1));
    }
  }
  return std::nullopt;
}

MemoryEvents parse_memory_events(std::string_view text) {
  MemoryEvents events;
  std::string_view line;
  while (next_line(text, line)) take_keyed<MemoryEvents>(line, kEvents, events);
  return events;
}

GroupPressure parse_group_pressure(std::string_view text) {
  constexpr std::string_view kTotal = " total=";
  GroupPressure pressure;
  std::string_view line;
  while (next_line(text, line)) {
    const std::size_t at = line.rfind(kTotal);
    if (at == std::string_view::npos) continue;
    const Count total = to_number<std::uint64_t>(line.substr(at + kTotal.size()));
    if (line.starts_with("some ")) pressure.some_us = total;
    if (line.starts_with("full ")) pressure.full_us = total;
  }
  return pressure;
}

void parse_io_stat(std::string_view text, std::vector<DeviceIo>& devices) {
  devices.clear();
  std::string_view line;
  while (next_line(text, line)) {
    DeviceIo device;
    if (!take_device(line, device)) continue;
    bool any = false;
    for (std::string_view item = next_word(line); !item.empty(); item = next_word(line)) {
      const std::size_t equals = item.find('=');
      if (equals == std::string_view::npos) continue;
      const std::string_view key = item.substr(0, equals);
      for (const Key<DeviceIo>& known : kIo) {
        if (known.text != key) continue;
        device.*known.field = to_number<std::uint64_t>(item.substr(equals + 1));
        any = any || device.*known.field;
        break;
      }
    }
    if (any) devices.push_back(device);
  }
}

void parse_blkio(std::string_view text, BlkioKind kind, std::vector<DeviceIo>& devices) {
  std::string_view line;
  while (next_line(text, line)) {
    DeviceIo device;
    if (!take_device(line, device)) continue;
    const std::string_view operation = next_word(line);
    const bool read = operation == "Read";
    if (!read && operation != "Write") continue;
    const Count value = next_number<std::uint64_t>(line);
    if (!value) continue;
    auto known = std::ranges::find_if(devices, [&](const DeviceIo& candidate) {
      return candidate.major == device.major && candidate.minor == device.minor;
    });
    if (known == devices.end()) known = devices.insert(devices.end(), device);
    if (kind == BlkioKind::kBytes) {
      (read ? known->read_bytes : known->write_bytes) = value;
    } else {
      (read ? known->reads : known->writes) = value;
    }
  }
}

void parse_per_cpu(std::string_view text, std::vector<std::uint64_t>& times) {
  times.clear();
  while (const auto time = next_number<std::uint64_t>(text)) times.push_back(*time);
}

void parse_numa_stat(std::string_view text, bool version2, std::uint64_t page_bytes,
                     std::vector<NumaPages>& entries) {
  constexpr std::string_view kHierarchical = "hierarchical_";
  entries.clear();
  std::string_view line;
  while (next_line(text, line)) {
    NumaPages entry;
    std::string_view key = next_word(line);
    key = key.substr(0, key.find('='));
    entry.hierarchical = version2 || key.starts_with(kHierarchical);
    if (key.starts_with(kHierarchical)) key.remove_prefix(kHierarchical.size());
    if (key == "file") {
      entry.type = NumaPages::Type::kFile;
    } else if (key == "anon") {
      entry.type = NumaPages::Type::kAnonymous;
    } else if (key == "unevictable") {
      entry.type = NumaPages::Type::kUnevictable;
    } else {
      continue;
    }
    for (std::string_view item = next_word(line); !item.empty(); item = next_word(line)) {
      if (!item.starts_with('N')) continue;
      item.remove_prefix(1);
      const auto node = next_number<std::uint32_t>(item);
      if (!node || !item.starts_with('=')) continue;
      item.remove_prefix(1);
      const auto value = next_number<std::uint64_t>(item);
      if (!value) continue;
      entry.node = *node;
      entry.pages = version2 ? *value / page_bytes : *value;
      entries.push_back(entry);
    }
  }
}

void append_processes(std::string_view text, std::vector<std::uint32_t>& processes) {
  std::string_view line;
  while (next_line(text, line)) {
    const auto process = to_number<std::uint32_t>(line);
    if (process && *process != 0) processes.push_back(*process);
  }
}

Processes parse_procs(std::string_view text) {
  Processes processes;
  std::string_view line;
  while (next_line(text, line)) {
    const auto pid = to_number<std::uint32_t>(line);
    if (!pid) {
      if (processes.count == 0U) processes.count.reset();
      continue;
    }
    processes.count = processes.count.value_or(0) + 1;
    if (processes.first == 0) processes.first = *pid;
  }
  return processes;
}

}  // namespace exporter
