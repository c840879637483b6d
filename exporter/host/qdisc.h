// What the root queueing disciplines of interfaces count, by rtnetlink(7), RTM_GETQDISC.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/host/table.h"

namespace exporter {

struct Qdisc {
  std::uint32_t interface = 0;
  std::string kind;
  std::uint64_t bytes = 0;
  std::uint64_t packets = 0;
  std::uint64_t queue_length = 0;
  std::uint64_t backlog = 0;
  std::uint64_t drops = 0;
  std::uint64_t requeues = 0;
  std::uint64_t overlimits = 0;
};

enum class QdiscPart : std::uint8_t { kRoot, kInner, kNone };

// Reads one RTM_NEWQDISC. kInner: of another qdisc's classes, counted there already; kNone: the
// body is none.
QdiscPart parse_qdisc(std::string_view body, Qdisc& qdisc);

CollectorRow qdisc_row();

}  // namespace exporter
