// The texts of control group files, versions 1 and 2 (Documentation/admin-guide/cgroup-v1/*.rst,
// cgroup-v2.rst, accounting/psi.rst), made into numbers. Nothing is copied, nothing allocates but
// the lists, which keep their room. A line that cannot be read is skipped, and what it would have
// told stays empty.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace exporter {

using Count = std::optional<std::uint64_t>;

// The whole text as one number. "max" and anything else that is none gives nothing.
Count parse_count(std::string_view text);

// As parse_count; true in `unlimited` for "max", -1 and what version 1 writes for no limit
// (anything above 2^62).
Count parse_limit(std::string_view text, bool& unlimited);

struct MemoryStat {
  Count rss;    // anonymous memory; version 1 counts swap cache in
  Count cache;  // page cache, shared memory included
  Count mapped_file;
  Count swap;  // version 1
  Count active_file;
  Count inactive_file;
  Count dirty;
  Count writeback;
  Count page_faults;  // of the group and all below it
  Count major_page_faults;
  Count own_page_faults;  // version 1: of the group alone
  Count own_major_page_faults;
  Count refaults_file;
  Count refaults_anon;
  Count pages_scanned;     // version 2
  Count pages_stolen;      // version 2
  Count kernel;            // version 2, Linux 5.18
  Count slab_reclaimable;  // version 2
};

// Version 1 tells of the group alone, and in total_* of all below it, too; `hierarchical` chooses.
MemoryStat parse_memory_stat_v1(std::string_view text, bool hierarchical);
MemoryStat parse_memory_stat_v2(std::string_view text);

struct CpuStat {
  Count usage_us;
  Count user_us;
  Count system_us;
  Count periods;
  Count throttled_periods;
  Count throttled_ns;
  Count burst_periods;
  Count burst_ns;
};

// cpu.stat of either version: version 1 has nanoseconds and neither usage nor user and system.
CpuStat parse_cpu_stat(std::string_view text);

// cpuacct.stat: "user 12\nsystem 3\n", in ticks.
void parse_cpuacct_stat(std::string_view text, Count& user_ticks, Count& system_ticks);

// cpu.max: "max 100000" or "50000 100000", in microseconds.
struct CpuMax {
  Count quota_us;  // nothing for "max"
  Count period_us;
};
CpuMax parse_cpu_max(std::string_view text);

// The value behind a key: memory.events, memory.oom_control, cgroup.events, pids.events.
Count parse_keyed(std::string_view text, std::string_view key);

struct MemoryEvents {
  Count high;
  Count max;
  Count oom_kill;
};
MemoryEvents parse_memory_events(std::string_view text);

// A pressure file, microseconds since the group was made; nothing where the kernel has no such
// line.
struct GroupPressure {
  Count some_us;
  Count full_us;
};
GroupPressure parse_group_pressure(std::string_view text);

// One block device of a group.
struct DeviceIo {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  Count read_bytes;
  Count write_bytes;
  Count reads;
  Count writes;
  Count cost_usage_us;  // blk-iocost, where it is on
  Count cost_wait_us;
  Count cost_indebt_us;
  Count cost_indelay_us;
};

// io.stat. Replaces devices.
void parse_io_stat(std::string_view text, std::vector<DeviceIo>& devices);

// A blkio file: "8:0 Read 4096" lines, "Total 0" at the end. Adds to the devices that are there.
enum class BlkioKind : std::uint8_t { kBytes, kOperations };
void parse_blkio(std::string_view text, BlkioKind kind, std::vector<DeviceIo>& devices);

// cpuacct.usage_percpu: nanoseconds of each CPU. Replaces times.
void parse_per_cpu(std::string_view text, std::vector<std::uint64_t>& times);

// memory.numa_stat: "anon=12 N0=8 N1=4" in pages in version 1, where "hierarchical_anon=…" counts
// the groups below in; "anon N0=4096" in bytes of all below in version 2. Replaces entries.
struct NumaPages {
  enum class Type : std::uint8_t { kFile, kAnonymous, kUnevictable };
  std::uint32_t node = 0;
  bool hierarchical = false;
  Type type = Type::kFile;
  std::uint64_t pages = 0;
};
void parse_numa_stat(std::string_view text, bool version2, std::uint64_t page_bytes,
                     std::vector<NumaPages>& entries);

// How many process ids the text has, nothing when it has other lines alone; and the first that can
// be seen from here (one of another pid namespace is written as 0); 0: none.
struct Processes {
  Count count = 0;
  std::uint32_t first = 0;
};
Processes parse_procs(std::string_view text);
// Those that can be seen from here.
void append_processes(std::string_view text, std::vector<std::uint32_t>& processes);

}  // namespace exporter
