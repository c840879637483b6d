#include "app/api.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace app {
namespace {

using Json = nlohmann::ordered_json;
using slo::IncidentRecord;
using slo::Judgement;
using slo::Snapshot;

constexpr int kSchema = 1;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

double seconds(std::int64_t ms) { return static_cast<double>(ms) / 1000; }

// Unix seconds.
Json time(const Snapshot& snapshot, std::int64_t t_ms) {
  return seconds(snapshot.labels.utc_ms(t_ms));
}

std::string written(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json uptime_json(const slo::Uptime& uptime) {
  return {
      {"known", number(uptime.known)}, {"low", number(uptime.low)}, {"high", number(uptime.high)}};
}

Json incident_json(const Snapshot& snapshot, const Judgement& slo, const IncidentRecord& incident) {
  Json json{{"id", incident.id},
            {"service", slo.spec->service},
            {"slo", slo.spec->name},
            {"open", incident.open},
            {"start", time(snapshot, incident.start_ms)},
            {"start_earliest", time(snapshot, incident.start_earliest_ms)},
            {"detected", time(snapshot, incident.detected_ms)},
            {"end", nullptr},
            {"end_earliest", nullptr},
            {"duration_seconds", nullptr},
            {"down_seconds", seconds(incident.down_ms)},
            {"unknown_seconds", seconds(incident.unknown_ms)}};
  if (incident.open) {
    json["duration_seconds"] = seconds(slo.settled_ms - incident.start_ms - incident.excluded_ms);
  } else {
    json["end"] = time(snapshot, incident.end_ms);
    json["end_earliest"] = time(snapshot, incident.end_earliest_ms);
    json["duration_seconds"] = seconds(incident.duration_ms());
  }
  return json;
}

Json windows_json(const Judgement& slo) {
  Json windows = Json::object();
  for (const slo::WindowView& view : slo.windows) {
    windows[slo.spec->window_text(view.window_ms)] =
        Json{{"up_seconds", seconds(view.totals.up_ms)},
             {"down_seconds", seconds(view.totals.down_ms)},
             {"unknown_seconds", seconds(view.totals.unknown_ms)},
             {"excluded_seconds", seconds(view.totals.excluded_ms)},
             {"uptime", uptime_json(view.uptime)},
             {"coverage", number(view.uptime.coverage)},
             {"burn", number(view.burn)}};
  }
  return windows;
}

Json alerts_json(const Judgement& slo) {
  Json alerts = Json::array();
  for (const slo::AlertView& view : slo.alerts) {
    alerts.push_back({{"severity", slo::name(view.row.severity)},
                      {"long", slo::duration_label(view.row.long_ms)},
                      {"short", slo::duration_label(view.row.short_ms)},
                      {"threshold", view.threshold},
                      {"long_burn", number(view.reading.long_burn)},
                      {"short_burn", number(view.reading.short_burn)},
                      {"firing", view.reading.firing},
                      {"stale", view.reading.stale}});
  }
  return alerts;
}

Json slo_json(const Snapshot& snapshot, const Judgement& slo) {
  Json burn = Json::object();
  for (const slo::WindowView& view : slo.windows) {
    burn[slo.spec->window_text(view.window_ms)] = number(view.burn);
  }
  Json json{{"service", slo.spec->service},
            {"slo", slo.spec->name},
            {"description", slo.spec->description},
            {"state", slo::name(slo.state)},
            {"cause", slo::name(slo.cause)},
            {"since", time(snapshot, slo.since_ms)},
            {"settled", time(snapshot, slo.settled_ms)},
            {"objective", slo.spec->objective.ratio()},
            {"window", slo.spec->window_label},
            {"verdict", slo::name(slo.verdict)},
            {"on_track", slo.on_track},
            {"uptime", uptime_json(slo.window().uptime)},
            {"coverage", number(slo.window().uptime.coverage)},
            {"budget_seconds",
             {{"total", slo.budget.total_seconds},
              {"consumed", slo.budget.consumed_seconds},
              {"remaining", slo.budget.remaining_seconds}}},
            {"exhaustion_seconds", number(slo.exhaustion_seconds)},
            {"burn", std::move(burn)},
            {"windows", windows_json(slo)},
            {"alerts", alerts_json(slo)},
            {"stale", slo.stale},
            {"events", {{"good", slo.counters.events_good}, {"bad", slo.counters.events_bad}}},
            {"incidents",
             {{"closed", slo.incidents.closed},
              {"begun", slo.incidents.begun},
              {"mttr_seconds", number(slo.incidents.mttr_seconds)},
              {"median_seconds", number(slo.incidents.median_seconds)},
              {"max_seconds", number(slo.incidents.max_seconds)},
              {"mttf_seconds", number(slo.incidents.mttf_seconds)},
              {"mtbf_seconds", number(slo.incidents.mtbf_seconds)},
              {"mttd_seconds", number(slo.incidents.mttd_seconds)}}},
            {"incident", nullptr}};
  if (slo.open_incident) json["incident"] = incident_json(snapshot, slo, *slo.open_incident);
  return json;
}

}  // namespace

std::string slos_json(const Snapshot& snapshot) {
  Json slos = Json::array();
  for (const Judgement& slo : snapshot.slos) slos.push_back(slo_json(snapshot, slo));
  return written(
      {{"schema", kSchema}, {"now", time(snapshot, snapshot.now_ms)}, {"slos", std::move(slos)}});
}

std::string incidents_json(const Snapshot& snapshot) {
  struct Entry {
    const Judgement* slo;
    IncidentRecord incident;
  };
  std::vector<Entry> entries;
  for (const Judgement& slo : snapshot.slos) {
    for (const IncidentRecord& incident : slo.recent()) entries.push_back({&slo, incident});
  }
  std::ranges::stable_sort(entries, std::greater{},
                           [](const Entry& entry) { return entry.incident.start_ms; });
  Json incidents = Json::array();
  for (const Entry& entry : entries) {
    incidents.push_back(incident_json(snapshot, *entry.slo, entry.incident));
  }
  return written({{"schema", kSchema},
                  {"now", time(snapshot, snapshot.now_ms)},
                  {"incidents", std::move(incidents)}});
}

std::string status_json(const Health& health) {
  static constexpr const char* kAnswers[] = {"yes", "no", "inconclusive"};
  return written({{"schema", kSchema},
                  {"healthy", kAnswers[static_cast<std::size_t>(health.answer)]},
                  {"text", health.text}});
}

}  // namespace app
