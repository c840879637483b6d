// Pieces of JSON that several answers of the API share.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "slo/judgement.h"

namespace app {

using Json = nlohmann::ordered_json;

inline constexpr int kApiSchema = 1;

// NaN and infinity are null.
Json number_json(double value);
Json seconds_json(std::int64_t ms);
// Unix seconds.
Json time_json(const slo::Labels& labels, std::int64_t t_ms);
// Null for an objective that is not judged by events.
Json events_json(const std::optional<slo::EventTotals>& events);
Json budget_events_json(const slo::Budget& budget, bool by_events);
Json uptime_json(const slo::Uptime& uptime);
Json stats_json(const slo::IncidentStats& stats);
Json raw_json(const std::optional<slo::RawView>& raw);  // null: nothing differs
// The exclusions after the fact that touch [begin, end), Unix milliseconds.
Json exclusions_json(const slo::SloSpec& spec, const slo::Remarks* remarks,
                     const slo::Period& within);
// as of settled_ms when it is open
Json incident_json(const slo::Labels& labels, const slo::SloSpec& spec, const slo::Remarks* remarks,
                   std::int64_t settled_ms, const slo::IncidentRecord& incident);
Json policy_json(const slo::SloSpec& spec, const slo::Budget& budget);  // the line in force
std::string written(const Json& json);

}  // namespace app
