#include "app/status_page_parts.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/format.h"
#include "app/health.h"
#include "app/html.h"

namespace app {
namespace {

using slo::IncidentRecord;
using slo::Judgement;

constexpr std::size_t kShownIncidents = 20;

double seconds(std::int64_t ms) { return static_cast<double>(ms) / 1000; }

const char* state_class(slo::State state) {
  switch (state) {
    case slo::State::kUp: return "ok";
    case slo::State::kDown: return "bad";
    case slo::State::kUnknown: return "odd";
    case slo::State::kExcluded: return "soft";
  }
  return "odd";
}

const char* verdict_class(slo::Verdict verdict) {
  switch (verdict) {
    case slo::Verdict::kMet: return "ok";
    case slo::Verdict::kViolated: return "bad";
    case slo::Verdict::kUndetermined: return "odd";
  }
  return "odd";
}

const char* state_class(exporter::CollectorState state) {
  switch (state) {
    case exporter::CollectorState::kOk: return "ok";
    case exporter::CollectorState::kAbsent: return "soft";
    case exporter::CollectorState::kFailed: return "bad";
    case exporter::CollectorState::kStale: return "odd";
  }
  return "bad";
}

std::string milliseconds(std::int64_t ns) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.2f", static_cast<double>(ns) / 1e6);
  return buffer;
}

void append_cell(std::string& out, std::string_view text, const char* style = "") {
  out += style[0] == '\0' ? "<td>" : std::string("<td class=\"") + style + "\">";
  append_html(out, text);
  out += "</td>";
}

void append_number(std::string& out, std::string_view text) { append_cell(out, text, "number"); }

std::string state_text(const Judgement& slo) {
  std::string text(slo::name(slo.state));
  if (!slo::name(slo.cause).empty()) text += " (" + std::string(slo::name(slo.cause)) + ")";
  return text + " for " + duration_words(std::floor(seconds(slo.settled_ms - slo.state_since_ms)));
}

// "99.99% (99.2% to 100%)": of what is known, and between which bounds.
std::string uptime_text(const slo::Uptime& uptime) {
  std::string text = percent_words(uptime.known);
  if (uptime.low != uptime.high) {
    text += " (" + percent_words(uptime.low) + " to " + percent_words(uptime.high) + ")";
  }
  return text;
}

std::string events_text(double events) {
  if (std::isnan(events)) return "unknown";
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.3g events", events);
  return buffer;
}

std::string mttr_text(const slo::IncidentStats& stats) {
  if (stats.closed == 0) return "";
  return duration_words(stats.mttr_seconds) + " of " + std::to_string(stats.closed);
}

}  // namespace

void append_objectives(std::string& out, const slo::Snapshot& snapshot) {
  out +=
      "<h2>Objectives</h2>\n<table>\n<tr><th>objective</th><th>state</th><th>verdict</th>"
      "<th class=\"number\">target</th><th>uptime (bounds)</th><th class=\"number\">coverage</th>"
      "<th class=\"number\">budget left</th><th class=\"number\">MTTR</th></tr>\n";
  for (const Judgement& slo : snapshot.slos) {
    out += "<tr>";
    append_cell(out, display_name(*slo.spec));
    append_cell(out, state_text(slo), state_class(slo.state));
    append_cell(out, slo::name(slo.verdict), verdict_class(slo.verdict));
    append_number(out, slo.spec->objective.percent() + "% / " + slo.spec->window_label);
    append_cell(out, uptime_text(slo.window().uptime));
    append_number(out, percent_words(slo.window().uptime.coverage));
    const bool by_events = slo.window().events.has_value();
    append_number(out, (by_events ? events_text(slo.budget.remaining_events)
                                  : duration_words(slo.budget.remaining_seconds)) +
                           " (" + percent_words(slo.budget.remaining_ratio) + ")");
    append_number(out, mttr_text(slo.incidents));
    out += "</tr>\n";
  }
  out += "</table>\n";
}

void append_incidents(std::string& out, const slo::Snapshot& snapshot) {
  struct Row {
    const Judgement* slo;
    IncidentRecord incident;
  };
  std::vector<Row> rows;
  for (const Judgement& slo : snapshot.slos) {
    for (const IncidentRecord& incident : slo.recent()) rows.push_back({&slo, incident});
  }
  std::ranges::stable_sort(rows, std::greater{}, [](const Row& row) {
    return std::pair(row.incident.open, row.incident.start_ms);
  });
  if (rows.size() > kShownIncidents) rows.resize(kShownIncidents);
  out += "<h2>Incidents</h2>\n";
  if (rows.empty()) {
    out += "<p class=\"soft\">none</p>\n";
    return;
  }
  out +=
      "<table>\n<tr><th>objective</th><th>start</th><th>end</th><th class=\"number\">length</th>"
      "<th class=\"number\">down</th><th class=\"number\">unknown</th><th>cause</th></tr>\n";
  for (const auto& [slo, incident] : rows) {
    const std::int64_t length = incident.open
                                    ? slo->settled_ms - incident.start_ms - incident.excluded_ms
                                    : incident.duration_ms();
    out += "<tr>";
    append_cell(out, display_name(*slo->spec));
    append_cell(out, utc_words(snapshot.labels.utc_ms(incident.start_ms)));
    if (incident.open) {
      append_cell(out, "open", "bad");
    } else {
      append_cell(out, utc_words(snapshot.labels.utc_ms(incident.end_ms)));
    }
    append_number(out, duration_words(seconds(length)));
    append_number(out, duration_words(seconds(incident.down_ms)));
    append_number(out, duration_words(seconds(incident.unknown_ms)));
    append_cell(out, std::string(slo::name(incident.cause)));
    out += "</tr>\n";
  }
  out += "</table>\n";
}

void append_collectors(std::string& out, const std::vector<exporter::CollectorStatus>& collectors) {
  out +=
      "<h2>Collectors</h2>\n<table>\n<tr><th>collector</th><th>state</th>"
      "<th class=\"number\">took, ms</th><th class=\"number\">ago</th><th>last error</th></tr>\n";
  for (const auto& collector : collectors) {
    out += "<tr>";
    append_cell(out, collector.name);
    if (collector.has_run) {
      append_cell(out, exporter::state_name(collector.state), state_class(collector.state));
      append_number(out, milliseconds(collector.duration_ns));
      append_number(out, duration_words(std::floor(static_cast<double>(collector.age_ns) / 1e9)));
    } else {
      out += "<td class=\"soft\">not run yet</td><td></td><td></td>";
    }
    append_cell(out, collector.error);
    out += "</tr>\n";
  }
  out += "</table>\n";
}

}  // namespace app
