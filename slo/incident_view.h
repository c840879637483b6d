// Incidents as the statistics count them once time was excluded after the fact: from the first
// moment that was down and is not excluded, to the first after the last such moment that is known
// to be good or is excluded. What has no such moment is no incident. An incident keeps its id and
// when it was declared; two never become one, nor one two. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "slo/facts.h"
#include "slo/overlay.h"
#include "slo/state_log.h"

namespace slo {

// Measured through the overlay; an open incident up to until_ms.
std::optional<IncidentRecord> seen_through(const IncidentRecord& incident, const StateLog& log,
                                           const Overlay& overlay, std::int64_t until_ms);

}  // namespace slo
