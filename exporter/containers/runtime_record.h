// One container as the files of its runtime tell of it: what others may know (facts), and what only
// the collector needs. The parsers fill what their file tells and leave the rest.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/containers/facts.h"
#include "exporter/core/error.h"

namespace exporter {

struct RuntimeRecord {
  ContainerFacts facts;
  std::string pod_uid;
  std::int64_t created_unix_ms = 0;  // 0: not told
  std::uint32_t process = 0;   // its first process, as the host counts; 0: not known or not running
  bool sandbox = false;        // holds the network of a pod
  bool guest_network = false;  // uses that of another container
  bool oom_killed = false;     // the runtime says so of the last run
  bool operator==(const RuntimeRecord&) const = default;
};

// All that are known, by id, each id once. Immutable once published.
struct Roster {
  std::uint64_t version = 0;
  std::vector<std::shared_ptr<const RuntimeRecord>> records;

  // Null when there is none of this id.
  std::shared_ptr<const RuntimeRecord> find(std::string_view id) const;
};

// At most kMaxFactBytes of text, cut between characters.
std::string bounded(std::string_view text);

// Adds a label, unless there are too many; names what Compose, Kubernetes and podman put into
// labels.
void add_label(RuntimeRecord& record, std::string_view label, std::string_view value);

// "2026-11-25T20:57:37.123456789Z" or with an offset "+01:00", to Unix milliseconds. 0 for what is
// no time, and for times before 1970 (Docker writes the year 1 for "never").
std::int64_t parse_time_ms(std::string_view text);

// Docker's config.v2.json, or what its API tells of one container; and its hostconfig.json.
Result<void> parse_docker_config(std::string_view text, RuntimeRecord& record);
Result<void> parse_docker_host_config(std::string_view text, RuntimeRecord& record);

// config.json of an OCI bundle, as the CRI plugin of containerd, CRI-O, podman and nerdctl write
// it: the annotations tell. Sets the runtime when they do.
Result<void> parse_bundle_config(std::string_view text, RuntimeRecord& record);

// containers.json and volatile-containers.json of containers/storage (podman, CRI-O): an array.
// Appends one record for each entry with an id.
Result<void> parse_storage_list(std::string_view text, std::vector<RuntimeRecord>& records);

}  // namespace exporter
