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
#include "exporter/containers/count_ledger.h"
#include "exporter/containers/group_files.h"
#include "exporter/containers/path_identity.h"
#include "exporter/containers/process_details.h"
#include "exporter/containers/runtime_record.h"
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

struct SocketCounts {
  Count tcp_in_use;
  Count tcp_time_wait;
  Count udp_in_use;
  Count tcp6_in_use;
  Count udp6_in_use;
};

// Who a network namespace belongs to, as far as the runtime's files tell.
enum class NetworkRole : std::uint8_t {
  kOwner,
  kSandbox,  // made for the whole pod
  kGuest,    // uses that of another container
};

// Huge pages of one size.
struct HugePages {
  std::string size;  // "2MB"
  Count usage;
  Count peak;  // version 1
  Count failures;
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
  GroupPressure cpu_pressure;
  GroupPressure memory_pressure;
  GroupPressure io_pressure;
  std::vector<DeviceIo> io;
  // Only where a flag asks for them.
  std::vector<std::uint64_t> per_cpu_ns;
  std::vector<NumaPages> numa;
  std::vector<HugePages> hugetlb;
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
  bool events_stale = true;  // version 2: memory.events, of whose changes the kernel tells
  bool watched = false;      // somebody tells when the limits change
  GroupReading reading;
  std::size_t io_operations = 0;  // version 1: of the text that the reading's I/O is from
  std::uint32_t first_process = 0;
  std::unique_ptr<ProcessDetails> details;  // where a flag asks for it

  std::shared_ptr<const RuntimeRecord> record;  // what its runtime's files tell, if anything
  std::shared_ptr<CountAccount> account;        // of its name
  std::uint32_t layer_process = 0;              // the process that the writable layer was asked of
  std::string layer;                     // the directory, as the host names it; empty: none known
  const void* account_record = nullptr;  // the record that the account was chosen by
  std::uint64_t account_kills = 0;       // as last told to it
  SharedLabels labels;
  std::uint64_t names_version = 0;    // of what the labels were made from
  std::int64_t started_ms = 0;        // Unix time; 0: not known
  std::uint32_t started_process = 0;  // the process that this was asked of
  NetworkRole network_role = NetworkRole::kOwner;
  std::uint32_t network_process = 0;  // the process that network_inode was asked of
  std::uint64_t network_inode = 0;
  std::vector<NetworkCounts> network;  // what is told for this group: the first network_count
  std::size_t network_count = 0;
  SocketCounts sockets;

  std::string_view component() const { return std::string_view(path).substr(path.rfind('/') + 1); }
};

}  // namespace exporter
