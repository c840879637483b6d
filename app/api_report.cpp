#include "app/api_report.h"

#include <nlohmann/json.hpp>

#include "app/api_json.h"
#include "exporter/core/text.h"

namespace app {
namespace {

using exporter::ErrorKind;
using exporter::Result;

// The only value of a parameter, "" when it is not given.
Result<std::string> one(const exporter::HttpRequest& request, std::string_view name) {
  const auto values = request.values(name);
  if (values.size() > 1) {
    return exporter::fail(ErrorKind::kInvalid, std::string(name) + ": is given twice");
  }
  return values.empty() ? std::string() : std::string(values.front());
}

std::unexpected<exporter::Error> invalid(const char* name, const exporter::Error& error) {
  return exporter::fail(ErrorKind::kInvalid,
                        std::string(name) + ": " + exporter::printable(error.message, 200));
}

const slo::Judgement* judgement_of(const slo::Snapshot& snapshot, slo::SloId id) {
  for (const slo::Judgement& judged : snapshot.slos) {
    if (judged.id == id) return &judged;
  }
  return nullptr;
}

Json one_report(const slo::Snapshot& snapshot, const slo::Report& report) {
  const slo::Labels& labels = snapshot.labels;
  const slo::SloSpec& spec = *report.spec;
  const slo::WindowView& view = report.window;
  const slo::Period period{labels.utc_ms(view.begin_ms),
                           labels.utc_ms(view.begin_ms) + view.window_ms};
  const slo::Judgement* judged = judgement_of(snapshot, report.id);
  const slo::Remarks* remarks = judged != nullptr ? judged->remarks.get() : nullptr;
  Json json{{"service", spec.service},
            {"slo", spec.name},
            {"description", spec.description},
            {"objective", spec.objective.ratio()},
            {"objective_window", spec.window_label},
            {"window", view.label},
            {"from", seconds_json(period.begin_ms)},
            {"to", seconds_json(period.end_ms)},
            {"since", time_json(labels, report.since_ms)},
            {"settled", time_json(labels, report.settled_ms)},
            {"verdict", slo::name(report.verdict)},
            {"is_final", view.ahead_ms == 0},
            {"on_track", report.on_track},
            {"uptime", uptime_json(view.uptime)},
            {"coverage", number_json(view.uptime.coverage)},
            {"up_seconds", seconds_json(view.totals.up_ms)},
            {"down_seconds", seconds_json(view.totals.down_ms)},
            {"unknown_seconds", seconds_json(view.totals.unknown_ms)},
            {"excluded_seconds", seconds_json(view.totals.excluded_ms)},
            {"before_seconds", seconds_json(view.before_ms)},
            {"ahead_seconds", seconds_json(view.ahead_ms)},
            {"budget_seconds",
             {{"total", report.budget.total_seconds},
              {"consumed", report.budget.consumed_seconds},
              {"remaining", report.budget.remaining_seconds}}},
            {"budgeting_method", slo::name(spec.budgeting, spec.is_sliced)},
            {"events", events_json(view.events)},
            {"budget_events", budget_events_json(report.budget, view.events.has_value())},
            {"burn", number_json(view.burn)},
            {"raw", raw_json(report.raw)},
            {"exclusions", exclusions_json(spec, remarks, period)},
            {"incidents", stats_json(report.stats)}};
  Json list = Json::array();
  for (const slo::IncidentRecord& incident : report.incidents) {
    list.push_back(incident_json(labels, spec, remarks, report.settled_ms, incident));
  }
  json["list"] = std::move(list);
  if (judged != nullptr) {
    json["state"] = slo::name(judged->state);
    json["cause"] = slo::name(judged->cause);
    Json burn = Json::object();
    for (const slo::WindowView& window : judged->windows) {
      burn[window.label] = number_json(window.burn);
    }
    json["burn_now"] = std::move(burn);
    json["exhaustion_seconds"] = number_json(judged->exhaustion_seconds);
    json["policy"] = policy_json(spec, judged->budget);
  }
  return json;
}

}  // namespace

Result<slo::Engine::Question> parse_question(const exporter::HttpRequest& request) {
  slo::Engine::Question question;
  const auto window = one(request, "window");
  const auto period = one(request, "period");
  const auto timezone = one(request, "timezone");
  for (const auto* text : {&window, &period, &timezone}) {
    if (!*text) return std::unexpected(text->error());
  }
  if (!window->empty() && !period->empty()) {
    return exporter::fail(ErrorKind::kInvalid, "window: cannot be used together with period");
  }
  if (!window->empty()) {
    const auto ms = slo::parse_duration(*window);
    if (!ms) return invalid("window", ms.error());
    question.window_ms = *ms;
    question.label = exporter::printable(*window, 40);
  }
  slo::Zone zone;
  if (!timezone->empty()) {
    if (period->empty()) {
      return exporter::fail(ErrorKind::kInvalid, "timezone: goes with period only");
    }
    auto found = slo::Zone::find(*timezone);
    if (!found) return invalid("timezone", found.error());
    zone = std::move(*found);
  }
  if (!period->empty()) {
    const auto parsed = slo::parse_period(*period, zone);
    if (!parsed) return invalid("period", parsed.error());
    question.period = *parsed;
    question.label = *period;
  }
  return question;
}

std::string report_json(const slo::Snapshot& snapshot, const std::vector<slo::Report>& reports) {
  Json slos = Json::array();
  for (const slo::Report& report : reports) slos.push_back(one_report(snapshot, report));
  return written({{"schema", kApiSchema},
                  {"now", time_json(snapshot.labels, snapshot.now_ms)},
                  {"slos", std::move(slos)}});
}

}  // namespace app
