#include "exporter/containers/families.h"

#include <array>

#include "exporter/containers/detail_families.h"

namespace exporter {
namespace {

constexpr MetricType kCounter = MetricType::kCounter;
constexpr MetricType kGauge = MetricType::kGauge;

constexpr std::uint8_t kWhole = 0;
constexpr std::uint8_t kMicro = 6;
constexpr std::uint8_t kNano = 9;

// One family and one number of the reading; where that is empty, there is no sample.
struct Row {
  Family family;
  Count (*value)(const Group& group);
  std::uint8_t decimals;
};

constexpr Family kCpuUsage{"container_cpu_usage_seconds_total",
                           "CPU time that the control group has used.",
                           kCounter,
                           {"cpu"}};

#define READING(member) [](const Group& group) { return group.reading.member; }
#define LIMIT(member) [](const Group& group) { return group.limits.member; }

constexpr std::array kRows{
    Row{{"container_cpu_user_seconds_total", "CPU time used in user mode.", kCounter},
        READING(cpu_user_ns),
        kNano},
    Row{{"container_cpu_system_seconds_total", "CPU time used in the kernel.", kCounter},
        READING(cpu_system_ns),
        kNano},
    Row{{"container_cpu_cfs_periods_total", "Periods in which the CPU quota was watched.",
         kCounter},
        READING(throttling.periods),
        kWhole},
    Row{{"container_cpu_cfs_throttled_periods_total",
         "Periods in which the quota ran out and the group had to wait.", kCounter},
        READING(throttling.throttled_periods),
        kWhole},
    Row{{"container_cpu_cfs_throttled_seconds_total",
         "Time for which tasks had to wait because the quota had run out.", kCounter},
        READING(throttling.throttled_ns),
        kNano},
    Row{{"container_memory_usage_bytes", "Memory charged to the group, page cache included."},
        READING(memory_usage),
        kWhole},
    Row{{"container_memory_working_set_bytes", "Memory in use less inactive page cache."},
        READING(memory_working_set),
        kWhole},
    Row{{"container_memory_rss",
         "Anonymous memory (cgroup v1 counts its swap cache in); not what ps calls RSS."},
        READING(memory.rss),
        kWhole},
    Row{{"container_memory_cache", "Page cache, shared memory included."},
        READING(memory.cache),
        kWhole},
    Row{{"container_memory_mapped_file", "Files mapped into memory."},
        READING(memory.mapped_file),
        kWhole},
    Row{{"container_memory_swap", "Memory swapped out."}, READING(memory.swap), kWhole},
    Row{{"container_memory_max_usage_bytes", "The highest usage seen by the kernel."},
        READING(memory_peak),
        kWhole},
    Row{{"container_memory_failcnt", "How often usage met the limit.", kCounter},
        READING(memory_failcnt),
        kWhole},
    Row{{"container_memory_kernel_usage", "Kernel memory charged to the group."},
        READING(memory_kernel),
        kWhole},
    Row{{"container_memory_total_active_file_bytes", "Page cache used lately."},
        READING(memory.active_file),
        kWhole},
    Row{{"container_memory_total_inactive_file_bytes", "Page cache that is reclaimed first."},
        READING(memory.inactive_file),
        kWhole},
    Row{{"container_memory_events_high_total",
         "How often tasks were slowed down because usage passed memory.high.", kCounter},
        READING(memory_high_events),
        kWhole},
    Row{{"container_memory_events_max_total", "How often usage was about to pass memory.max.",
         kCounter},
        READING(memory_max_events),
        kWhole},
    Row{{"container_oom_events_total",
         "Processes of this group and below that the out-of-memory killer ended.", kCounter},
        READING(oom_kills),
        kWhole},
    Row{{"container_threads", "Tasks in the group and below."}, READING(threads), kWhole},
    Row{{"container_threads_max", "Limit of tasks; 0 is none."}, LIMIT(threads_max), kWhole},
    Row{{"container_processes", "Processes in the group; in a container, also in those below."},
        READING(processes),
        kWhole},
    Row{{"container_spec_cpu_period", "Length of a period of the CPU quota in microseconds."},
        LIMIT(cpu_period_us),
        kWhole},
    Row{{"container_spec_cpu_quota", "CPU time allowed in each period in microseconds."},
        LIMIT(cpu_quota_us),
        kWhole},
    Row{{"container_spec_cpu_shares",
         "Share of the CPUs when they are short, relative to others; 1024 is usual."},
        LIMIT(cpu_shares),
        kWhole},
    Row{{"container_spec_memory_limit_bytes", "Limit of memory; 0 is none."},
        LIMIT(memory_limit_bytes),
        kWhole},
    Row{{"container_spec_memory_swap_limit_bytes",
         "Limit of swap; 0 is none. cgroup v1 has memory and swap together here."},
        LIMIT(memory_swap_limit_bytes),
        kWhole},
    Row{{"container_spec_memory_reservation_limit_bytes",
         "Memory that the group keeps when memory is short; 0 is none."},
        LIMIT(memory_reservation_bytes),
        kWhole},
    Row{{"container_pressure_cpu_stalled_seconds_total",
         "Time in which all tasks waited for a CPU at once.", kCounter},
        READING(cpu_pressure.full_us),
        kMicro},
    Row{{"container_pressure_cpu_waiting_seconds_total",
         "Time in which at least one task waited for a CPU.", kCounter},
        READING(cpu_pressure.some_us),
        kMicro},
    Row{{"container_pressure_memory_stalled_seconds_total",
         "Time in which all tasks waited for memory at once.", kCounter},
        READING(memory_pressure.full_us),
        kMicro},
    Row{{"container_pressure_memory_waiting_seconds_total",
         "Time in which at least one task waited for memory.", kCounter},
        READING(memory_pressure.some_us),
        kMicro},
    Row{{"container_pressure_io_stalled_seconds_total",
         "Time in which all tasks waited for I/O at once.", kCounter},
        READING(io_pressure.full_us),
        kMicro},
    Row{{"container_pressure_io_waiting_seconds_total",
         "Time in which at least one task waited for I/O.", kCounter},
        READING(io_pressure.some_us),
        kMicro},
};

constexpr Family kFailures{"container_memory_failures_total",
                           "Page faults; hierarchy counts the groups below in (cgroup v2 has only "
                           "that).",
                           kCounter,
                           {"failure_type", "scope"}};
constexpr Family kLastSeen{"container_last_seen", "Unix time of this reading.", kGauge};
constexpr Family kStartTime{"container_start_time_seconds",
                            "Unix time at which the container, or its first process, started.",
                            kGauge};

constexpr Family kHealth{
    "container_health_state",
    "1 when the container's own check finds it healthy, 0 when not or not yet, "
    "-1 when it has no check."};
constexpr Family kReclaimable{
    "fournines_container_memory_reclaimable_bytes",
    "Memory that the kernel could take back: page cache, and kernel caches "
    "where it tells."};

void write_health(const Group& group, SampleWriter& out) {
  if (!group.record) return;
  const ContainerHealth health = group.record->facts.health;
  if (health == ContainerHealth::kUnknown) return;
  const int state = health == ContainerHealth::kHealthy ? 1 : 0;
  out.add_of(group.labels, health == ContainerHealth::kNone ? -1 : state);
}

void write_failures(const Group& group, SampleWriter& out) {
  const MemoryStat& memory = group.reading.memory;
  const auto add = [&](const Count& value, const char* type, const char* scope) {
    if (value) out.add_of(group.labels, *value, type, scope);
  };
  add(memory.own_page_faults, "pgfault", "container");
  add(memory.page_faults, "pgfault", "hierarchy");
  add(memory.own_major_page_faults, "pgmajfault", "container");
  add(memory.major_page_faults, "pgmajfault", "hierarchy");
}

}  // namespace

void write_group_families(std::span<Group* const> groups, const Moment& now, bool per_cpu,
                          SampleWriter& out) {
  out.family(kLastSeen);
  const auto now_seconds = static_cast<std::uint64_t>(now.real_ns / 1'000'000'000);
  for (const Group* group : groups) out.add_of(group->labels, now_seconds);
  out.family(kStartTime);
  for (const Group* group : groups) {
    if (group->started_ms == 0) continue;
    out.add_of(group->labels, Number::fixed(static_cast<std::uint64_t>(group->started_ms), 3));
  }
  if (per_cpu) {
    write_per_cpu(groups, kCpuUsage, out);
  } else {
    out.family(kCpuUsage);
    for (const Group* group : groups) {
      const Count& usage = group->reading.cpu_usage_ns;
      if (usage) out.add_of(group->labels, Number::fixed(*usage, kNano), "total");
    }
  }
  for (const Row& row : kRows) {
    out.family(row.family);
    for (const Group* group : groups) {
      const Count value = row.value(*group);
      if (value) out.add_of(group->labels, Number::fixed(*value, row.decimals));
    }
  }
  out.family(kFailures);
  for (const Group* group : groups) write_failures(*group, out);
  out.family(kHealth);
  for (const Group* group : groups) write_health(*group, out);
  out.family(kReclaimable);
  for (const Group* group : groups) {
    const Count& bytes = group->reading.memory_reclaimable;
    if (bytes) out.add_of(group->labels, *bytes);
  }
}

}  // namespace exporter
