#include "exporter/containers/group_reader.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "exporter/core/scan.h"

namespace exporter {
namespace {

// Reads files of one group until it turns out to be gone.
class Reader {
 public:
  Reader(Group& group, const ReadContext& context) : group_(group), context_(context) {}

  bool alive() const { return alive_; }

  // The text of the file, or nothing.
  bool text(GroupFile file, std::string_view& to) {
    if (!alive_) return false;
    const ReadOutcome outcome = group_.files.read(file, group_.path, context_, to);
    alive_ = outcome != ReadOutcome::kGone;
    return outcome == ReadOutcome::kRead;
  }

  bool named(Controller controller, const char* name, std::string_view& to) {
    if (!alive_) return false;
    const ReadOutcome outcome =
        group_.files.read_named(controller, name, group_.path, context_, to);
    alive_ = outcome != ReadOutcome::kGone;
    return outcome == ReadOutcome::kRead;
  }

  Count count(GroupFile file) {
    std::string_view read;
    return text(file, read) ? parse_count(read) : std::nullopt;
  }

  GroupPressure pressure(GroupFile file) {
    std::string_view read;
    return text(file, read) ? parse_group_pressure(read) : GroupPressure{};
  }

  // 0 for none, as cAdvisor writes it; nothing where there is no such file.
  Count limit(GroupFile file, bool* unlimited = nullptr) {
    std::string_view read;
    if (!text(file, read)) return std::nullopt;
    bool none = false;
    const Count value = parse_limit(read, none);
    if (unlimited != nullptr) *unlimited = none;
    return none ? Count(0) : value;
  }

 private:
  Group& group_;
  const ReadContext& context_;
  bool alive_ = true;
};

Count minus(Count whole, Count part) {
  if (!whole || !part) return std::nullopt;
  return *whole - std::min(*whole, *part);
}

Count sum(Count a, Count b) {
  if (!a || !b) return std::nullopt;
  return *a + *b;
}

Count times(Count value, std::uint64_t factor) {
  std::uint64_t product = 0;
  if (!value || __builtin_mul_overflow(*value, factor, &product)) return std::nullopt;
  return product;
}

// A weight w of 1 to 10000 stands for 2 + (w - 1) * 262142 / 9999 shares.
Count shares_of_weight(Count weight) {
  if (!weight || *weight == 0 || *weight > 10'000) return std::nullopt;
  return 2 + (*weight - 1) * 262'142 / 9'999;
}

void read_cpu_limits(GroupLimits& limits, Reader& reader, bool version1) {
  if (version1) {
    const Count quota = reader.limit(GroupFile::kCfsQuota);
    limits.cpu_quota_us = quota == 0U ? std::nullopt : quota;
    limits.cpu_period_us = reader.count(GroupFile::kCfsPeriod);
    limits.cpu_shares = reader.count(GroupFile::kCpuShares);
    return;
  }
  std::string_view text;
  const CpuMax max = reader.text(GroupFile::kCpuMax, text) ? parse_cpu_max(text) : CpuMax{};
  limits.cpu_quota_us = max.quota_us;
  limits.cpu_period_us = max.period_us;
  limits.cpu_shares = shares_of_weight(reader.count(GroupFile::kCpuWeight));
}

// Version 2: runtimes write a reservation to memory.low, and leave memory.min at 0.
void read_memory_limits(GroupLimits& limits, Reader& reader, bool version1) {
  if (version1) {
    limits.memory_limit_bytes = reader.limit(GroupFile::kMemoryLimit, &limits.memory_unlimited);
    limits.memory_swap_limit_bytes = reader.limit(GroupFile::kMemorySwapLimit);
    limits.memory_reservation_bytes = reader.limit(GroupFile::kMemorySoftLimit);
    limits.hierarchical = reader.count(GroupFile::kMemoryHierarchy).value_or(1) != 0;
    return;
  }
  limits.memory_limit_bytes = reader.limit(GroupFile::kMemoryMax, &limits.memory_unlimited);
  limits.memory_swap_limit_bytes = reader.limit(GroupFile::kMemorySwapMax);
  limits.memory_reservation_bytes = reader.limit(GroupFile::kMemoryMin);
  if (limits.memory_reservation_bytes == 0U) {
    limits.memory_reservation_bytes = reader.limit(GroupFile::kMemoryLow);
  }
}

void read_cpu1(Group& group, Reader& reader) {
  GroupReading& reading = group.reading;
  std::string_view text;
  const Count before = std::exchange(reading.cpu_usage_ns, reader.count(GroupFile::kCpuacctUsage));
  // Ticks are told before the time they took, so where nothing ran they stand still, too.
  if (before && before == reading.cpu_usage_ns && reading.cpu_user_ns) return;
  if (reader.text(GroupFile::kCpuacctStat, text)) {
    parse_cpuacct_stat(text, reading.cpu_user_ns, reading.cpu_system_ns);
    reading.cpu_user_ns = times(reading.cpu_user_ns, kNsPerTick);
    reading.cpu_system_ns = times(reading.cpu_system_ns, kNsPerTick);
  }
}

void read_cpu2(Group& group, Reader& reader, bool with_throttling) {
  GroupReading& reading = group.reading;
  std::string_view text;
  if (!reader.text(GroupFile::kCpuStat2, text)) return;
  const CpuStat stat = parse_cpu_stat(text);
  reading.cpu_usage_ns = times(stat.usage_us, 1000);
  reading.cpu_user_ns = times(stat.user_us, 1000);
  reading.cpu_system_ns = times(stat.system_us, 1000);
  if (with_throttling) reading.throttling = stat;
}

void read_memory1(Group& group, Reader& reader) {
  GroupReading& reading = group.reading;
  std::string_view text;
  if (reader.text(GroupFile::kMemoryStat1, text)) {
    reading.memory = parse_memory_stat_v1(text, group.limits.hierarchical);
  }
  reading.memory_usage = reader.count(GroupFile::kMemoryUsage);
  reading.memory_peak = reader.count(GroupFile::kMemoryMaxUsage);
  // It counts how often the limit was met, so without one it stands still.
  if (!group.limits.memory_unlimited || !reading.memory_failcnt) {
    reading.memory_failcnt = reader.count(GroupFile::kMemoryFailcnt);
  }
  reading.memory_kernel = reader.count(GroupFile::kMemoryKernel);
  if (reader.text(GroupFile::kOomControl, text)) reading.oom_kills = parse_keyed(text, "oom_kill");
}

void read_memory2(Group& group, Reader& reader) {
  GroupReading& reading = group.reading;
  MemoryStat& memory = reading.memory;
  std::string_view text;
  if (reader.text(GroupFile::kMemoryStat2, text)) {
    memory = parse_memory_stat_v2(text);
    memory.own_page_faults = memory.page_faults;
    memory.own_major_page_faults = memory.major_page_faults;
    reading.memory_kernel = memory.kernel;
  }
  memory.swap = reader.count(GroupFile::kMemorySwapCurrent);
  reading.memory_usage = reader.count(GroupFile::kMemoryCurrent);
  if (group.parent == nullptr) reading.memory_usage = sum(memory.rss, memory.cache);
  reading.memory_peak = reader.count(GroupFile::kMemoryPeak);
  if (group.watched && !group.events_stale) return;
  if (reader.text(GroupFile::kMemoryEvents, text)) {
    group.events_stale = false;
    const MemoryEvents events = parse_memory_events(text);
    reading.memory_high_events = events.high;
    reading.memory_max_events = events.max;
    reading.oom_kills = events.oom_kill;
  }
}

void finish_memory(GroupReading& reading) {
  const MemoryStat& memory = reading.memory;
  reading.memory_working_set = minus(reading.memory_usage, memory.inactive_file);
  reading.memory_reclaimable = sum(memory.inactive_file, memory.active_file);
  if (memory.slab_reclaimable) {
    reading.memory_reclaimable = sum(reading.memory_reclaimable, memory.slab_reclaimable);
  }
}

// Version 1: bytes are counted with their operation, and read after it, so without another
// operation they are the same.
void read_io1(Group& group, Reader& reader) {
  std::vector<DeviceIo>& io = group.reading.io;
  std::string_view text;
  if (reader.text(GroupFile::kBlkioOperations, text)) {
    const std::size_t operations = std::hash<std::string_view>{}(text);
    if (std::exchange(group.io_operations, 0) == operations) {
      group.io_operations = operations;
      return;
    }
    io.clear();
    parse_blkio(text, BlkioKind::kOperations, io);
    if (!reader.text(GroupFile::kBlkioBytes, text)) return;
    parse_blkio(text, BlkioKind::kBytes, io);
    group.io_operations = operations;
    return;
  }
  io.clear();
  if (reader.text(GroupFile::kBlkioBytes, text)) parse_blkio(text, BlkioKind::kBytes, io);
}

void read_io(Group& group, Reader& reader, bool version1) {
  if (version1) return read_io1(group, reader);
  std::vector<DeviceIo>& io = group.reading.io;
  io.clear();
  std::string_view text;
  if (reader.text(GroupFile::kIoStat, text)) parse_io_stat(text, io);
}

// The file is hugetlb.<size>.rsvd.<what> where the kernel counts reservations, else without rsvd.
Count huge_pages(Reader& reader, Controller controller, const std::string& size, const char* what) {
  std::array<char, 64> name;
  for (const char* middle : {".rsvd.", "."}) {
    std::snprintf(name.data(), name.size(), "hugetlb.%s%s%s", size.c_str(), middle, what);
    std::string_view text;
    if (!reader.named(controller, name.data(), text)) continue;
    return std::string_view(what) == "events" ? parse_keyed(text, "max") : parse_count(text);
  }
  return std::nullopt;
}

void read_more(Group& group, Reader& reader, const ReadMore& more, bool memory1, bool hugetlb1) {
  GroupReading& reading = group.reading;
  std::string_view text;
  if (more.per_cpu && reader.text(GroupFile::kCpuacctPerCpu, text)) {
    parse_per_cpu(text, reading.per_cpu_ns);
  }
  if (more.numa && reader.text(memory1 ? GroupFile::kNumaStat1 : GroupFile::kNumaStat2, text)) {
    parse_numa_stat(text, !memory1, more.page_bytes, reading.numa);
  }
  reading.hugetlb.resize(more.huge_page_sizes.size());
  for (std::size_t i = 0; i < more.huge_page_sizes.size(); ++i) {
    HugePages& pages = reading.hugetlb[i];
    pages.size = more.huge_page_sizes[i];
    const Controller from = hugetlb1 ? Controller::kHugetlb : Controller::kUnified;
    pages.usage = huge_pages(reader, from, pages.size, hugetlb1 ? "usage_in_bytes" : "current");
    pages.failures = huge_pages(reader, from, pages.size, hugetlb1 ? "failcnt" : "events");
    if (hugetlb1) pages.peak = huge_pages(reader, from, pages.size, "max_usage_in_bytes");
  }
}

// What lies inside a container counts for it.
void read_processes(Group& group, Reader& reader, bool with_details) {
  if (with_details && group.exported) {
    if (!group.details) group.details = std::make_unique<ProcessDetails>();
    group.details->processes.clear();
  }
  std::string_view text;
  if (!reader.text(GroupFile::kProcs, text)) return;
  const Processes processes = parse_procs(text);
  group.reading.processes = processes.count;
  group.first_process = processes.first;
  for (const Group* at = group.parent; at != nullptr && at->container != nullptr;
       at = at->container->parent) {
    Group& around = *at->container;
    around.reading.processes = around.reading.processes.value_or(0) + processes.count.value_or(0);
    if (around.first_process == 0) around.first_process = processes.first;
    if (around.details) append_processes(text, around.details->processes);
  }
  if (group.exported && group.details) append_processes(text, group.details->processes);
}

}  // namespace

bool read_group(Group& group, const ReadContext& context, const ReadMore& more) {
  if (!group.exported && group.container == nullptr) return true;
  Reader reader(group, context);
  const auto has = [&](Controller controller) {
    return group.files.has(context.layout, controller);
  };
  read_processes(group, reader, more.processes);
  if (!group.exported) return reader.alive();
  const auto is_version1 = [&](Controller controller) {
    return context.layout.index(controller) >= 0;
  };
  const bool cpu1 = is_version1(Controller::kCpu);
  const bool memory1 = is_version1(Controller::kMemory);
  const bool pids1 = is_version1(Controller::kPids);
  if (group.limits_stale || !group.watched) {
    read_cpu_limits(group.limits, reader, cpu1);
    read_memory_limits(group.limits, reader, memory1);
    group.limits.threads_max = reader.limit(pids1 ? GroupFile::kPidsMax1 : GroupFile::kPidsMax2);
    group.limits_stale = false;
  }

  GroupReading& reading = group.reading;
  std::string_view text;
  reading.throttling = {};
  if (has(Controller::kCpuacct)) {
    read_cpu1(group, reader);
  } else {
    read_cpu2(group, reader, !cpu1 && group.limits.cpu_quota_us.has_value());
  }
  if (cpu1 && group.limits.cpu_quota_us && reader.text(GroupFile::kCpuStat1, text)) {
    reading.throttling = parse_cpu_stat(text);
  }
  if (memory1) {
    read_memory1(group, reader);
  } else {
    read_memory2(group, reader);
  }
  finish_memory(reading);
  read_io(group, reader, is_version1(Controller::kBlkio));
  reading.threads = reader.count(pids1 ? GroupFile::kPidsCurrent1 : GroupFile::kPidsCurrent2);
  reading.cpu_pressure = reader.pressure(GroupFile::kCpuPressure);
  reading.memory_pressure = reader.pressure(GroupFile::kMemoryPressure);
  reading.io_pressure = reader.pressure(GroupFile::kIoPressure);
  read_more(group, reader, more, memory1, is_version1(Controller::kHugetlb));
  return reader.alive();
}

std::vector<std::string> find_huge_page_sizes(const std::string& sysfs) {
  std::vector<std::string> sizes;
  for (const std::string& entry : list_directory(sysfs + "/kernel/mm/hugepages")) {
    std::string_view text = entry;  // hugepages-2048kB
    constexpr std::string_view kPrefix = "hugepages-";
    if (!text.starts_with(kPrefix)) continue;
    text.remove_prefix(kPrefix.size());
    const auto kib = next_number<std::uint64_t>(text);
    if (!kib) continue;
    if (*kib >= 1U << 20) {
      sizes.push_back(std::to_string(*kib >> 20) + "GB");
    } else if (*kib >= 1U << 10) {
      sizes.push_back(std::to_string(*kib >> 10) + "MB");
    } else {
      sizes.push_back(std::to_string(*kib) + "KB");
    }
  }
  return sizes;
}

BlkioFiles find_blkio_files(Group& root, const ReadContext& context) {
  constexpr std::array<BlkioFiles, 4> kChoices{{
      {"blkio.bfq.io_service_bytes_recursive", "blkio.bfq.io_serviced_recursive"},
      {"blkio.io_service_bytes_recursive", "blkio.io_serviced_recursive"},
      {"blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_serviced_recursive"},
      {"blkio.throttle.io_service_bytes", "blkio.throttle.io_serviced"},
  }};
  BlkioFiles found{nullptr, nullptr};
  for (const BlkioFiles& choice : kChoices) {
    std::string_view text;
    const ReadOutcome outcome =
        root.files.read_named(Controller::kBlkio, choice.operations, root.path, context, text);
    if (outcome != ReadOutcome::kRead) continue;
    std::vector<DeviceIo> devices;
    parse_blkio(text, BlkioKind::kOperations, devices);
    if (!devices.empty()) return choice;
    // Empty so far: the throttling layer is where something will come first.
    if (found.bytes == nullptr || std::string_view(choice.bytes).starts_with("blkio.throttle")) {
      if (found.bytes == nullptr || !std::string_view(found.bytes).starts_with("blkio.throttle")) {
        found = choice;
      }
    }
  }
  return found;
}

}  // namespace exporter
