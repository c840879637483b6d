// What comes out as text:
//
//   website  99.99% over 30d: violated
//     up, measured since 2026-11-24 08:00:00 UTC
//     uptime     99.9721% in 30d (if all unknown time was down 99.95%, up 99.9722%),
//     coverage 99.97% time       up 29d23h, down 5m1s, unknown 10m budget     4m19.2s, used 5m1s,
//     left -41.8s (-16.1%) incidents  3 ended, MTTR 1m40s (median 1m30s, longest 2m10s), none open
#include "app/report_words.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/format.h"
#include "exporter/core/json_text.h"
#include "exporter/core/text.h"

namespace app {
namespace {

using Json = nlohmann::ordered_json;

double number(const Json& json) { return json.is_number() ? json.get<double>() : std::nan(""); }
std::string text(const Json& json) {
  return json.is_string() ? exporter::printable(json.get<std::string>()) : "";
}
std::string utc(const Json& json) {
  return utc_words(static_cast<std::int64_t>(number(json) * 1000));
}
std::string seconds(const Json& json) { return duration_words(number(json)); }
std::string percent(const Json& json) { return percent_words(number(json)); }

std::string short_number(double value) {
  if (std::isnan(value)) return "unknown";
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.3g", value);
  return buffer;
}

// "violated", "met so far": nothing is final before the period is over.
std::string verdict(const Json& slo) {
  std::string words = text(slo.at("verdict"));
  const bool is_final = slo.at("is_final").get<bool>();
  if (!is_final && words == "met") words += " so far";
  return words;
}

std::string uptime(const Json& uptime, const Json& coverage) {
  return percent(uptime.at("known")) + " (if all unknown time was down " +
         percent(uptime.at("low")) + ", up " + percent(uptime.at("high")) + "), coverage " +
         percent(coverage);
}

std::string times(const Json& slo) {
  std::string words = "up " + seconds(slo.at("up_seconds")) + ", down " +
                      seconds(slo.at("down_seconds")) + ", unknown " +
                      seconds(slo.at("unknown_seconds"));
  const auto add = [&](const char* key, const char* name) {
    if (number(slo.at(key)) > 0) words += std::string(", ") + name + " " + seconds(slo.at(key));
  };
  add("excluded_seconds", "excluded");
  add("before_seconds", "not yet measured");
  add("ahead_seconds", "still to come");
  return words;
}

// "99 of 1000 bad".
std::string events(const Json& events) {
  const auto bad = events.at("bad").get<std::int64_t>();
  return std::to_string(bad) + " of " +
         std::to_string(bad + events.at("good").get<std::int64_t>()) + " bad";
}

std::string event_budget(const Json& budget) {
  if (budget.at("total").is_null()) return "no events were seen";
  const double left = number(budget.at("remaining"));
  return short_number(number(budget.at("total"))) + " bad events, used " +
         short_number(number(budget.at("consumed"))) + ", left " + short_number(left) + " (" +
         percent_words(left / number(budget.at("total"))) + ")";
}

std::string time_budget(const Json& budget) {
  const double left = number(budget.at("remaining"));
  return seconds(budget.at("total")) + ", used " + seconds(budget.at("consumed")) + ", left " +
         duration_words(left) + " (" + percent_words(left / number(budget.at("total"))) + ")";
}

bool is_of_now(const Json& slo) {
  return text(slo.at("window")) == text(slo.at("objective_window")) && slo.contains("burn_now");
}

std::string budget(const Json& slo) {
  const bool by_events = !slo.at("budget_events").is_null();
  std::string words =
      by_events ? event_budget(slo.at("budget_events")) : time_budget(slo.at("budget_seconds"));
  if (is_of_now(slo) && number(slo.at("exhaustion_seconds")) > 0) {
    words += ", spent in " + seconds(slo.at("exhaustion_seconds")) + " at the last hour's pace";
  }
  return words;
}

std::string budget_left(const Json& slo) {
  if (slo.at("budget_events").is_null()) return seconds(slo.at("budget_seconds").at("remaining"));
  return short_number(number(slo.at("budget_events").at("remaining"))) + " events";
}

// "MTTR 1m40s (median 1m30s, longest 2m10s)"; nothing when there is none.
std::string mean(const Json& stats, const char* name, const char* mean_key, const char* median_key,
                 const char* longest_key) {
  if (stats.at(mean_key).is_null()) return "";
  std::string words = std::string(", ") + name + " " + seconds(stats.at(mean_key));
  if (!stats.at(median_key).is_null()) {
    words += " (median " + seconds(stats.at(median_key)) + ", longest " +
             seconds(stats.at(longest_key)) + ")";
  }
  return words;
}

std::string incidents(const Json& slo) {
  const Json& stats = slo.at("incidents");
  std::string words = exporter::json_text(stats.at("begun")) + " begun, " +
                      exporter::json_text(stats.at("closed")) + " ended";
  words += mean(stats, "MTTR", "mttr_seconds", "median_seconds", "max_seconds");
  words += mean(stats, "MTTF", "mttf_seconds", "mttf_median_seconds", "mttf_max_seconds");
  words += mean(stats, "MTBF", "mtbf_seconds", "mtbf_median_seconds", "mtbf_max_seconds");
  words += mean(stats, "MTTD", "mttd_seconds", "mttd_median_seconds", "mttd_max_seconds");
  for (const Json& incident : slo.at("list")) {
    if (incident.at("open").get<bool>()) {
      return words + ", one open since " + utc(incident.at("start"));
    }
  }
  return words + ", none open";
}

std::string burn(const Json& slo) {
  if (!is_of_now(slo)) return short_number(number(slo.at("burn")));
  std::string words;
  for (const auto& [label, rate] : slo.at("burn_now").items()) {
    words += (words.empty() ? "" : " ") + label + " " + short_number(number(rate));
  }
  return words;
}

std::string raw(const Json& raw) {
  return text(raw.at("verdict")) + ", down " + seconds(raw.at("down_seconds")) + ", uptime " +
         percent(raw.at("uptime").at("known"));
}

std::string period(const Json& excluded) {
  return utc(excluded.at("from")) + " to " + utc(excluded.at("to")) + ": " +
         text(excluded.at("reason"));
}

// In Markdown a table's cell ends at a bar, and a tag begins at a less-than.
std::string cell(const std::string& words) {
  std::string out;
  for (const char c : words) {
    if (c == '|' || c == '<' || c == '*' || c == '_' || c == '`' || c == '[' || c == '\\')
      out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string slo_name(const Json& slo) {
  const std::string service = text(slo.at("service"));
  const std::string name = text(slo.at("slo"));
  return service == name ? name : service + "/" + name;
}

std::string incident_text(const Json& incident) {
  const bool open = incident.at("open").get<bool>();
  std::string words =
      slo_name(incident) + "  #" + exporter::json_text(incident.at("id")) + "  " +
      utc(incident.at("start")) + " to " + (open ? "now" : utc(incident.at("end"))) + "  " +
      seconds(incident.at("duration_seconds")) + ", down " + seconds(incident.at("down_seconds")) +
      ", unknown " + seconds(incident.at("unknown_seconds"));
  if (number(incident.at("excluded_seconds")) > 0) {
    words += ", excluded " + seconds(incident.at("excluded_seconds"));
  }
  const auto apart = [&](const char* what, const char* from, const char* to, const char* then) {
    const double passed = number(incident.at(to)) - number(incident.at(from));
    if (passed > 0) words += what + duration_words(passed) + then;
  };
  apart(", declared after ", "start", "detected", "");
  apart(", began up to ", "start_earliest", "start", " earlier");
  if (!open) apart(", ended up to ", "end_earliest", "end", " earlier");
  if (const std::string cause = text(incident.at("cause")); !cause.empty()) words += "  " + cause;
  if (!incident.at("false_reason").is_null()) {
    words += "  (none, says: " + text(incident.at("false_reason")) + ")";
  }
  return words;
}

std::string report_text(const Json& report) {
  std::string out = "as of " + utc(report.at("now")) + "\n";
  const auto line = [&out](const char* name, const std::string& words) {
    char label[16];
    std::snprintf(label, sizeof label, "  %-10s ", name);
    out += label + words + "\n";
  };
  for (const Json& slo : report.at("slos")) {
    const std::string window = text(slo.at("window"));
    out += "\n" + slo_name(slo) + "  " + percent(slo.at("objective")) + " over " + window + ": " +
           verdict(slo) + "\n  " + text(slo.at("state")) + ", measured since " +
           utc(slo.at("since")) + "\n";
    line("period", utc(slo.at("from")) + " to " + utc(slo.at("to")));
    line("uptime", uptime(slo.at("uptime"), slo.at("coverage")));
    line("time", times(slo));
    if (!slo.at("events").is_null()) line("events", events(slo.at("events")));
    line("budget", budget(slo));
    line("burn rate", burn(slo));
    line("incidents", incidents(slo));
    if (!slo.at("raw").is_null()) line("raw", raw(slo.at("raw")));
    for (const Json& excluded : slo.at("exclusions")) line("excluded", period(excluded));
    if (slo.contains("policy") && !slo.at("policy").is_null()) {
      line("policy", text(slo.at("policy").at("message")));
    }
  }
  return out;
}

std::string report_markdown(const Json& report) {
  std::string out =
      "# Service levels\n\nAs of " + utc(report.at("now")) +
      ". Undefined numbers are left empty.\n\n| objective | target | period | verdict "
      "| uptime | low | high | coverage | down | unknown | excluded | budget left | "
      "incidents | MTTR | median | longest |\n|---|---|---|---|---|---|---|---|---|---"
      "|---|---|---|---|---|---|\n";
  const auto row = [&out](std::initializer_list<std::string> cells) {
    out += "|";
    for (const std::string& words : cells) out += " " + cell(words) + " |";
    out += "\n";
  };
  const auto optional = [](const Json& json) { return json.is_null() ? "" : seconds(json); };
  for (const Json& slo : report.at("slos")) {
    const Json& stats = slo.at("incidents");
    const Json& bounds = slo.at("uptime");
    row({slo_name(slo), percent(slo.at("objective")), text(slo.at("window")), verdict(slo),
         percent(bounds.at("known")), percent(bounds.at("low")), percent(bounds.at("high")),
         percent(slo.at("coverage")), seconds(slo.at("down_seconds")),
         seconds(slo.at("unknown_seconds")), seconds(slo.at("excluded_seconds")), budget_left(slo),
         exporter::json_text(stats.at("begun")), optional(stats.at("mttr_seconds")),
         optional(stats.at("median_seconds")), optional(stats.at("max_seconds"))});
  }
  for (const Json& slo : report.at("slos")) {
    const bool remarked = !slo.at("exclusions").empty();
    out += "\n## " + cell(slo_name(slo)) + "\n\n- budget: " + cell(budget(slo)) +
           "\n- burn rate: " + cell(burn(slo)) + "\n- incidents: " + cell(incidents(slo)) + "\n";
    if (!slo.at("list").empty()) {
      out +=
          "\n| # | start | or since | declared | end | or already | length | down | unknown "
          "| cause | remark |\n|---|---|---|---|---|---|---|---|---|---|---|\n";
    }
    for (const Json& incident : slo.at("list")) {
      const bool open = incident.at("open").get<bool>();
      row({exporter::json_text(incident.at("id")), utc(incident.at("start")),
           utc(incident.at("start_earliest")), utc(incident.at("detected")),
           open ? "open" : utc(incident.at("end")), open ? "" : utc(incident.at("end_earliest")),
           seconds(incident.at("duration_seconds")), seconds(incident.at("down_seconds")),
           seconds(incident.at("unknown_seconds")), text(incident.at("cause")),
           incident.at("false_reason").is_null() ? ""
                                                 : "none: " + text(incident.at("false_reason"))});
    }
    if (!remarked) continue;
    out += "\nTaken out afterwards:\n\n";
    for (const Json& excluded : slo.at("exclusions")) out += "- " + cell(period(excluded)) + "\n";
    if (!slo.at("raw").is_null()) {
      out += "\nWithout that: " + cell(raw(slo.at("raw"))) + ".\n";
    }
  }
  return out;
}

}  // namespace app
