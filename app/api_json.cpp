#include "app/api_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "exporter/core/json_text.h"

namespace app {

Json number_json(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json seconds_json(std::int64_t ms) { return static_cast<double>(ms) / 1000; }

Json time_json(const slo::Labels& labels, std::int64_t t_ms) {
  return seconds_json(labels.utc_ms(t_ms));
}

Json events_json(const std::optional<slo::EventTotals>& events) {
  if (!events) return nullptr;
  return {{"good", events->count.good}, {"bad", events->count.bad}};
}

Json budget_events_json(const slo::Budget& budget, bool by_events) {
  if (!by_events) return nullptr;
  return {{"total", number_json(budget.total_events)},
          {"consumed", number_json(budget.consumed_events)},
          {"remaining", number_json(budget.remaining_events)}};
}

Json uptime_json(const slo::Uptime& uptime) {
  return {{"known", number_json(uptime.known)},
          {"low", number_json(uptime.low)},
          {"high", number_json(uptime.high)}};
}

Json stats_json(const slo::IncidentStats& stats) {
  return {{"closed", stats.closed},
          {"begun", stats.begun},
          {"overlapping", stats.overlapping},
          {"complete", stats.complete},
          {"mttr_seconds", number_json(stats.mttr_seconds)},
          {"median_seconds", number_json(stats.median_seconds)},
          {"max_seconds", number_json(stats.max_seconds)},
          {"mttf_seconds", number_json(stats.mttf_seconds)},
          {"mttf_median_seconds", number_json(stats.mttf_median_seconds)},
          {"mttf_max_seconds", number_json(stats.mttf_max_seconds)},
          {"mtbf_seconds", number_json(stats.mtbf_seconds)},
          {"mtbf_median_seconds", number_json(stats.mtbf_median_seconds)},
          {"mtbf_max_seconds", number_json(stats.mtbf_max_seconds)},
          {"mttd_seconds", number_json(stats.mttd_seconds)},
          {"mttd_median_seconds", number_json(stats.mttd_median_seconds)},
          {"mttd_max_seconds", number_json(stats.mttd_max_seconds)},
          {"mean_down_seconds", number_json(stats.mean_down_seconds)}};
}

Json raw_json(const std::optional<slo::RawView>& raw) {
  if (!raw) return nullptr;
  return {{"verdict", slo::name(raw->verdict)},
          {"uptime", uptime_json(raw->uptime)},
          {"coverage", number_json(raw->uptime.coverage)},
          {"up_seconds", seconds_json(raw->totals.up_ms)},
          {"down_seconds", seconds_json(raw->totals.down_ms)},
          {"unknown_seconds", seconds_json(raw->totals.unknown_ms)},
          {"excluded_seconds", seconds_json(raw->totals.excluded_ms)},
          {"events", events_json(raw->events)},
          {"budget_remaining_seconds", raw->budget.remaining_seconds}};
}

Json exclusions_json(const slo::SloSpec& spec, const slo::Remarks* remarks,
                     const slo::Period& within) {
  Json list = Json::array();
  const auto add = [&](const Json& id, const slo::ExcludedPeriod& excluded) {
    if (excluded.period.begin_ms >= within.end_ms || excluded.period.end_ms <= within.begin_ms) {
      return;
    }
    list.push_back({{"id", id},
                    {"from", seconds_json(excluded.period.begin_ms)},
                    {"to", seconds_json(excluded.period.end_ms)},
                    {"reason", excluded.reason}});
  };
  for (const slo::ExcludedPeriod& excluded : spec.exclusions) add(nullptr, excluded);
  if (remarks != nullptr) {
    for (const auto& [id, excluded] : remarks->exclusions) add(id, excluded);
  }
  return list;
}

Json incident_json(const slo::Labels& labels, const slo::SloSpec& spec, const slo::Remarks* remarks,
                   std::int64_t settled_ms, const slo::IncidentRecord& incident) {
  Json json{{"id", incident.id},
            {"service", spec.service},
            {"slo", spec.name},
            {"open", incident.open},
            {"cause", slo::name(incident.cause)},
            {"start", time_json(labels, incident.start_ms)},
            {"start_earliest", time_json(labels, incident.start_earliest_ms)},
            {"detected", time_json(labels, incident.detected_ms)},
            {"end", nullptr},
            {"end_earliest", nullptr},
            {"duration_seconds", nullptr},
            {"down_seconds", seconds_json(incident.down_ms)},
            {"unknown_seconds", seconds_json(incident.unknown_ms)},
            {"excluded_seconds", seconds_json(incident.excluded_ms)},
            {"false_reason", nullptr}};
  if (incident.open) {
    json["duration_seconds"] = seconds_json(settled_ms - incident.start_ms - incident.excluded_ms);
  } else {
    json["end"] = time_json(labels, incident.end_ms);
    json["end_earliest"] = time_json(labels, incident.end_earliest_ms);
    json["duration_seconds"] = seconds_json(incident.duration_ms());
  }
  if (remarks != nullptr) {
    const auto mark = remarks->false_incidents.find(incident.id);
    if (mark != remarks->false_incidents.end()) json["false_reason"] = mark->second;
  }
  return json;
}

Json policy_json(const slo::SloSpec& spec, const slo::Budget& budget) {
  const slo::PolicyLine* line = slo::policy_in_force(spec, budget.remaining_ratio);
  if (line == nullptr) return nullptr;
  return {{"remaining_below", line->remaining_below},
          {"message", line->message},
          {"alert", line->alert ? Json(slo::name(*line->alert)) : Json(nullptr)}};
}

std::string written(const Json& json) { return exporter::json_text(json) + "\n"; }

}  // namespace app
