#include "app/api.h"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "app/api_json.h"

namespace app {
namespace {

using slo::IncidentRecord;
using slo::Judgement;
using slo::Snapshot;

Json windows_json(const Judgement& slo) {
  Json windows = Json::object();
  for (const slo::WindowView& view : slo.windows) {
    windows[view.label] = Json{{"up_seconds", seconds_json(view.totals.up_ms)},
                               {"down_seconds", seconds_json(view.totals.down_ms)},
                               {"unknown_seconds", seconds_json(view.totals.unknown_ms)},
                               {"excluded_seconds", seconds_json(view.totals.excluded_ms)},
                               {"uptime", uptime_json(view.uptime)},
                               {"coverage", number_json(view.uptime.coverage)},
                               {"burn", number_json(view.burn)},
                               {"events", events_json(view.events)}};
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
                      {"long_burn", number_json(view.reading.long_burn)},
                      {"short_burn", number_json(view.reading.short_burn)},
                      {"firing", view.reading.firing},
                      {"stale", view.reading.stale}});
  }
  return alerts;
}

Json slo_json(const Snapshot& snapshot, const Judgement& slo) {
  Json burn = Json::object();
  for (const slo::WindowView& view : slo.windows) {
    burn[view.label] = number_json(view.burn);
  }
  Json json{{"service", slo.spec->service},
            {"slo", slo.spec->name},
            {"description", slo.spec->description},
            {"state", slo::name(slo.state)},
            {"cause", slo::name(slo.cause)},
            {"since", time_json(snapshot.labels, slo.since_ms)},
            {"settled", time_json(snapshot.labels, slo.settled_ms)},
            {"objective", slo.spec->objective.ratio()},
            {"window", slo.spec->window_label},
            {"window_begin", time_json(snapshot.labels, slo.window().begin_ms)},
            {"window_seconds", seconds_json(slo.window().window_ms)},
            {"verdict", slo::name(slo.verdict)},
            {"on_track", slo.on_track},
            {"uptime", uptime_json(slo.window().uptime)},
            {"coverage", number_json(slo.window().uptime.coverage)},
            {"budget_seconds",
             {{"total", slo.budget.total_seconds},
              {"consumed", slo.budget.consumed_seconds},
              {"remaining", slo.budget.remaining_seconds}}},
            {"budgeting_method", slo::name(slo.spec->budgeting, slo.spec->is_sliced)},
            {"budget_events", budget_events_json(slo.budget, slo.window().events.has_value())},
            {"exhaustion_seconds", number_json(slo.exhaustion_seconds)},
            {"burn", std::move(burn)},
            {"windows", windows_json(slo)},
            {"alerts", alerts_json(slo)},
            {"stale", slo.stale},
            {"events", {{"good", slo.counters.events_good}, {"bad", slo.counters.events_bad}}},
            {"raw", raw_json(slo.raw)},
            {"policy", policy_json(*slo.spec, slo.budget)},
            {"incidents", stats_json(slo.incidents)},
            {"incident", nullptr}};
  if (slo.open_incident) {
    json["incident"] = incident_json(snapshot.labels, *slo.spec, slo.remarks.get(), slo.settled_ms,
                                     *slo.open_incident);
  }
  return json;
}

}  // namespace

std::string slos_json(const Snapshot& snapshot, const std::map<slo::SloId, std::string>& problems) {
  Json slos = Json::array();
  for (const Judgement& slo : snapshot.slos) {
    slos.push_back(slo_json(snapshot, slo));
    const auto problem = problems.find(slo.id);
    slos.back()["problem"] = problem == problems.end() ? Json(nullptr) : Json(problem->second);
  }
  return written({{"schema", kApiSchema},
                  {"now", time_json(snapshot.labels, snapshot.now_ms)},
                  {"slos", std::move(slos)}});
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
    incidents.push_back(incident_json(snapshot.labels, *entry.slo->spec, entry.slo->remarks.get(),
                                      entry.slo->settled_ms, entry.incident));
  }
  return written({{"schema", kApiSchema},
                  {"now", time_json(snapshot.labels, snapshot.now_ms)},
                  {"incidents", std::move(incidents)}});
}

std::string error_json(const std::string& what) {
  return written({{"schema", kApiSchema}, {"error", what}});
}

std::string status_json(const Health& health) {
  static constexpr const char* kAnswers[] = {"yes", "no", "inconclusive"};
  return written({{"schema", kApiSchema},
                  {"healthy", kAnswers[static_cast<std::size_t>(health.answer)]},
                  {"text", health.text}});
}

}  // namespace app
