// One control group as the collector keeps it from scrape to scrape: where it is, what its path
// tells, its open files, its limits, and what was read of it last. Plain data, owned by the
// GroupTree, used under the scrape lock.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/containers/cgroup_text.h"
#include "exporter/containers/group_files.h"
#include "exporter/containers/path_identity.h"
#include "exporter/core/samples.h"

namespace exporter {

// Written by runtimes at the start, by people now and then: read again only when that happens.
struct GroupLimits {
  bool hierarchical = true;  // version 1: memory.use_hierarchy
  bool memory_unlimited = true;
  Count cpu_period_us;
  Count cpu_quota_us;  // nothing: none
  Count cpu_shares;
  Count memory_limit_bytes;  // 0: none
  Count memory_swap_limit_bytes;
  Count memory_reservation_bytes;
  Count threads_max;  // 0: none
};

struct NetworkCounts {
  std::string interface;
  std::uint64_t receive_bytes = 0;
  std::uint64_t receive_packets = 0;
  std::uint64_t receive_errors = 0;
  std::uint64_t receive_dropped = 0;
  std::uint64_t transmit_bytes = 0;
  std::uint64_t transmit_packets = 0;
  std::uint64_t transmit_errors = 0;
  std::uint64_t transmit_dropped = 0;
};

struct GroupReading {
  Count cpu_usage_ns;
  Count cpu_user_ns;
  Count cpu_system_ns;
  CpuStat throttling;  // empty without a quota
  MemoryStat memory;
  Count memory_usage;
  Count memory_working_set;
  Count memory_reclaimable;
  Count memory_peak;
  Count memory_failcnt;
  Count memory_kernel;
  Count memory_high_events;
  Count memory_max_events;
  Count oom_kills;
  Count threads;
  Count processes;
  Pressure cpu_pressure;
  Pressure memory_pressure;
  Pressure io_pressure;
  std::vector<DeviceIo> io;
};

struct Group {
  std::string path;
  PathIdentity identity;
  Group* parent = nullptr;
  Group* container = nullptr;                    // itself, or the nearest above that is a container
  std::vector<std::unique_ptr<Group>> children;  // by name
  std::array<std::uint64_t, CgroupLayout::kMaxHierarchies> links{};  // when it was listed
  bool exported = true;  // false: only its processes count, for the container around it
  bool unlisted = true;  // its children have to be listed
  bool gone = false;     // found removed while it was read

  GroupFiles files;
  GroupLimits limits;
  bool limits_stale = true;
  bool watched = false;  // somebody tells when the limits change
  GroupReading reading;
  std::uint32_t first_process = 0;

  SharedLabels labels;
  std::uint64_t names_version = 0;     // of what the labels were made from
  std::int64_t started_ms = 0;         // Unix time; 0: not known
  std::uint32_t started_process = 0;   // the process that this was asked of
  std::vector<NetworkCounts> network;  // what is told for this group
  std::size_t network_count = 0;

  std::string_view component() const { return std::string_view(path).substr(path.rfind('/') + 1); }
};

}  // namespace exporter
