// What people say afterwards about one objective: time that is not to count, with a reason, and
// incidents that were none, with a reason. Nothing is deleted by it: the raw numbers stand beside.
// Plain data.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "slo/spec.h"

namespace slo {

struct Remarks {
  // By id; those of the configuration are in the spec.
  std::map<std::string, ExcludedPeriod> exclusions;
  // Incident id to why it was none. Marked incidents are in no statistics; the time that was down
  // stays down unless it is excluded too.
  std::map<std::int64_t, std::string> false_incidents;

  bool empty() const { return exclusions.empty() && false_incidents.empty(); }
  bool operator==(const Remarks&) const = default;
};

}  // namespace slo
