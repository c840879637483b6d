// The flags of the container collector (--collector.containers.*): one table, from which the
// command line is made, and what it says as plain values.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "exporter/core/collector_option.h"
#include "exporter/core/error.h"
#include "exporter/core/name_filter.h"

namespace exporter {

struct ContainerOptions {
  NameFilter groups;                            // which control groups, by path
  std::string docker_root = "/var/lib/docker";  // below the root file system
  std::string docker_socket;                    // likewise; empty: never asked
  bool per_cpu = false;
  bool numa = false;
  bool hugetlb = false;
  bool disk_usage = false;
  bool processes = false;
  bool sockets = false;
  bool details = false;
  bool machine_topology = false;
  NameFilter labels;  // which labels of a container all of its series carry
  std::size_t kernel_memory_bytes = 10'000'000;  // what kept descriptors may hold
};

std::span<const CollectorOption> container_options();

// set: what was given on the command line, by name; for all others the table's default holds.
// kInvalid, naming the flag, when a value makes no sense.
Result<ContainerOptions> parse_container_options(
    const std::unordered_map<std::string, std::string>& set);

}  // namespace exporter
