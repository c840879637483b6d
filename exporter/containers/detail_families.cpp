#include "exporter/containers/detail_families.h"

#include <array>

namespace exporter {
namespace {

constexpr MetricType kCounter = MetricType::kCounter;

struct Row {
  Family family;
  Count (*value)(const GroupReading& reading);
  std::uint8_t decimals = 0;
};

constexpr std::array kRows{
    Row{{"container_memory_file_dirty_bytes", "Page cache that waits to be written back."},
        [](const GroupReading& reading) { return reading.memory.dirty; }},
    Row{{"container_memory_file_writeback_bytes", "Page cache that is being written back."},
        [](const GroupReading& reading) { return reading.memory.writeback; }},
    Row{{"container_memory_pgscan_total", "Pages looked at for reclaim.", kCounter},
        [](const GroupReading& reading) { return reading.memory.pages_scanned; }},
    Row{{"container_memory_pgsteal_total", "Pages reclaimed.", kCounter},
        [](const GroupReading& reading) { return reading.memory.pages_stolen; }},
    Row{{"container_memory_workingset_refault_file_total",
         "Page cache read again soon after it was reclaimed, in pages.", kCounter},
        [](const GroupReading& reading) { return reading.memory.refaults_file; }},
    Row{{"container_memory_workingset_refault_anon_total",
         "Anonymous memory read again soon after it was swapped out, in pages.", kCounter},
        [](const GroupReading& reading) { return reading.memory.refaults_anon; }},
    Row{{"container_cpu_cfs_burst_periods_total", "Periods in which saved quota was used.",
         kCounter},
        [](const GroupReading& reading) { return reading.throttling.burst_periods; }},
    Row{{"container_cpu_cfs_burst_seconds_total", "CPU time used out of saved quota.", kCounter},
        [](const GroupReading& reading) { return reading.throttling.burst_ns; },
        9},
};

constexpr Family kCreated{"container_creation_time_seconds",
                          "Unix time at which the runtime made the container; where it does not "
                          "tell, that of the start."};
constexpr Family kNumaPages{"container_memory_numa_pages",
                            "Pages on a NUMA node; hierarchy counts the groups below in (cgroup v2 "
                            "has only that).",
                            MetricType::kGauge,
                            {"node", "scope", "type"}};
constexpr Family kHugeUsage{"container_hugetlb_usage_bytes",
                            "Huge pages reserved or in use.",
                            MetricType::kGauge,
                            {"pagesize"}};
constexpr Family kHugePeak{"container_hugetlb_max_usage_bytes",
                           "The most huge pages reserved or in use.",
                           MetricType::kGauge,
                           {"pagesize"}};
constexpr Family kHugeFailures{"container_hugetlb_failcnt",
                               "How often huge pages met their limit.",
                               MetricType::kCounter,
                               {"pagesize"}};

// "cpu00", "cpu01" … "cpu127".
std::string_view cpu_label(std::size_t cpu, std::array<char, 4 + kMaxNumberBytes>& room) {
  char* at = room.data();
  for (const char c : std::string_view("cpu")) *at++ = c;
  if (cpu < 10) *at++ = '0';
  at = write_number(at, Number(cpu));
  return {room.data(), static_cast<std::size_t>(at - room.data())};
}

}  // namespace

void write_detail_families(std::span<Group* const> groups, SampleWriter& out) {
  out.family(kCreated);
  for (const Group* group : groups) {
    const std::int64_t told_ms = group->record ? group->record->created_unix_ms : 0;
    const std::int64_t ms = told_ms != 0 ? told_ms : group->started_ms;
    if (ms != 0) out.add_of(group->labels, Number::fixed(static_cast<std::uint64_t>(ms), 3));
  }
  for (const Row& row : kRows) {
    out.family(row.family);
    for (const Group* group : groups) {
      const Count value = row.value(group->reading);
      if (value) out.add_of(group->labels, Number::fixed(*value, row.decimals));
    }
  }
}

void write_per_cpu(std::span<Group* const> groups, const Family& family, SampleWriter& out) {
  out.family(family);
  for (const Group* group : groups) {
    const GroupReading& reading = group->reading;
    if (reading.per_cpu_ns.empty() && reading.cpu_usage_ns) {
      out.add_of(group->labels, Number::fixed(*reading.cpu_usage_ns, 9), "total");
    }
    for (std::size_t cpu = 0; cpu < reading.per_cpu_ns.size(); ++cpu) {
      std::array<char, 4 + kMaxNumberBytes> room;
      out.add_of(group->labels, Number::fixed(reading.per_cpu_ns[cpu], 9), cpu_label(cpu, room));
    }
  }
}

void write_numa(std::span<Group* const> groups, SampleWriter& out) {
  out.family(kNumaPages);
  for (const Group* group : groups) {
    for (const NumaPages& pages : group->reading.numa) {
      std::array<char, kMaxNumberBytes> room{};
      const char* end = write_number(room.data(), Number(pages.node));
      const std::string_view node(room.data(), static_cast<std::size_t>(end - room.data()));
      constexpr std::array<std::string_view, 3> kTypes{"file", "anon", "unevictable"};
      out.add_of(group->labels, pages.pages, node,
                 pages.hierarchical ? std::string_view("hierarchy") : std::string_view("container"),
                 kTypes[static_cast<std::size_t>(pages.type)]);
    }
  }
}

void write_hugetlb(std::span<Group* const> groups, SampleWriter& out) {
  const auto write = [&](const Family& family, Count HugePages::* count) {
    out.family(family);
    for (const Group* group : groups) {
      for (const HugePages& pages : group->reading.hugetlb) {
        if (pages.*count) out.add_of(group->labels, *(pages.*count), pages.size);
      }
    }
  };
  write(kHugeUsage, &HugePages::usage);
  write(kHugePeak, &HugePages::peak);
  write(kHugeFailures, &HugePages::failures);
}

}  // namespace exporter
