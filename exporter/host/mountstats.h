// What NFS mounts count. P/1/mountstats, or P/self/mountstats where that cannot be read,
// nfsiostat(8); the server's address comes from the mountinfo beside it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "exporter/core/line_errors.h"
#include "exporter/host/table.h"

namespace exporter {

// Views into the text.
struct NfsTransport {
  enum Column : std::uint8_t {
    kSourcePort,
    kBind,
    kConnect,
    kConnectTime,
    kIdleTime,
    kSends,
    kReceives,
    kBadIds,
    kActiveRequests,
    kBacklog,
    kMaxSlots,
    kSendingQueue,
    kPendingQueue,
    kColumns
  };

  std::string_view protocol;
  std::array<std::optional<std::uint64_t>, kColumns> values{};  // what this protocol has
};

struct NfsOperation {
  std::string_view name;
  std::array<std::uint64_t, 8> counts{};  // times in milliseconds
};

struct NfsMount {
  std::size_t number = 0;  // of the mount in the file, from 0
  std::string_view export_name;
  std::string_view mount_point;
  std::optional<std::uint64_t> age_seconds;
  std::array<std::uint64_t, 8> bytes{};  // the last two are pages
  std::array<std::uint64_t, 27> events{};
  bool has_bytes = false;
  bool has_events = false;
  std::vector<NfsTransport> transports;
  std::vector<NfsOperation> operations;
};

// Fills mounts from the front and returns how many there are; those behind keep their memory.
std::size_t parse_mountstats(std::string_view text, std::vector<NfsMount>& mounts,
                             LineErrors& errors);

// addr= of the options at the end of a line of mountinfo; empty when there is none.
std::string_view mount_address(std::string_view mountinfo_line);

CollectorRow mountstats_row();

}  // namespace exporter
