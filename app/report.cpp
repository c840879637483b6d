// fournines status, report and incidents: what the running daemon knows, in words.
//
//   website  99.99% over 30d: violated
//     up since 2026-11-25 19:46:26 UTC, measured since 2026-11-24 08:00:00 UTC
//     uptime     99.9721% (if all unknown time was down 99.95%, up 99.9722%), coverage 99.97%
//     budget     4m19.2s, used 5m1s, left -41.8s (-16.1%)
//     burn rate  5m 0  1h 0.4  30d 2.79
//     incidents  3 ended, MTTR 1m40s (median 1m30s, longest 2m10s), none open
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/client.h"
#include "app/commands.h"
#include "app/format.h"
#include "exporter/core/text.h"

namespace app {
namespace {

using Json = nlohmann::ordered_json;

// The document at path, or the exit code that says why there is none.
std::expected<Json, int> fetch(const Options& options, const char* path) {
  const auto body = ask(server_url(options) + path);
  if (!body) return std::unexpected(complain(kExitUnreachable, body.error().message));
  Json json = Json::parse(*body, nullptr, false);
  if (json.is_discarded() || !json.is_object() || !json.contains("schema")) {
    return std::unexpected(
        complain(kExitUnreachable, server_url(options) + path + ": not an answer of fournines"));
  }
  return json;
}

double number(const Json& json) { return json.is_number() ? json.get<double>() : std::nan(""); }
std::string text(const Json& json) {
  return json.is_string() ? exporter::printable(json.get<std::string>()) : "";
}
std::string utc(const Json& json) {
  return utc_words(static_cast<std::int64_t>(number(json) * 1000));
}
std::string seconds(const Json& json) { return duration_words(number(json)); }

std::string name_of(const Json& slo) {
  const std::string service = text(slo.at("service"));
  const std::string name = text(slo.at("slo"));
  return service == name ? name : service + "/" + name;
}

std::string short_number(double value) {
  if (std::isnan(value)) return "unknown";
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.3g", value);
  return buffer;
}

void print_incident_line(const Json& slo) {
  const Json& stats = slo.at("incidents");
  std::printf("  incidents  %s ended", stats.at("closed").dump().c_str());
  if (number(stats.at("closed")) > 0) {
    std::printf(", MTTR %s (median %s, longest %s)", seconds(stats.at("mttr_seconds")).c_str(),
                seconds(stats.at("median_seconds")).c_str(),
                seconds(stats.at("max_seconds")).c_str());
  }
  const Json& open = slo.at("incident");
  if (open.is_null()) {
    std::printf(", none open\n");
  } else {
    std::printf(", one open since %s\n", utc(open.at("start")).c_str());
  }
}

void print_slo(const Json& slo, const std::string& window) {
  const bool whole = window == text(slo.at("window"));
  const Json& view = slo.at("windows").at(window);
  const Json& uptime = view.at("uptime");
  std::printf("%s  %s over %s: %s\n", name_of(slo).c_str(),
              percent_words(number(slo.at("objective"))).c_str(), text(slo.at("window")).c_str(),
              text(slo.at("verdict")).c_str());
  std::printf("  %s, measured since %s\n", text(slo.at("state")).c_str(),
              utc(slo.at("since")).c_str());
  std::printf("  uptime     %s in %s (if all unknown time was down %s, up %s), coverage %s\n",
              percent_words(number(uptime.at("known"))).c_str(), window.c_str(),
              percent_words(number(uptime.at("low"))).c_str(),
              percent_words(number(uptime.at("high"))).c_str(),
              percent_words(number(view.at("coverage"))).c_str());
  std::printf("  time       up %s, down %s, unknown %s\n", seconds(view.at("up_seconds")).c_str(),
              seconds(view.at("down_seconds")).c_str(),
              seconds(view.at("unknown_seconds")).c_str());
  if (whole) {
    const Json& budget = slo.at("budget_seconds");
    const double left = number(budget.at("remaining"));
    std::printf("  budget     %s, used %s, left %s (%s)\n", seconds(budget.at("total")).c_str(),
                seconds(budget.at("consumed")).c_str(), duration_words(left).c_str(),
                percent_words(left / number(budget.at("total"))).c_str());
  }
  std::printf("  burn rate ");
  for (const auto& [label, burn] : slo.at("burn").items()) {
    std::printf(" %s %s", label.c_str(), short_number(number(burn)).c_str());
  }
  std::printf("\n");
  print_incident_line(slo);
}

void print_incident(const Json& incident) {
  const bool open = incident.at("open").get<bool>();
  std::printf("%s  %s  %s to %s  %s, down %s, unknown %s\n", name_of(incident).c_str(),
              ("#" + incident.at("id").dump()).c_str(), utc(incident.at("start")).c_str(),
              open ? "now" : utc(incident.at("end")).c_str(),
              seconds(incident.at("duration_seconds")).c_str(),
              seconds(incident.at("down_seconds")).c_str(),
              seconds(incident.at("unknown_seconds")).c_str());
}

int print_report(const Options& options, const Json& slos) {
  for (const Json& slo : slos.at("slos")) {
    const std::string window =
        options.report_window.empty() ? text(slo.at("window")) : options.report_window;
    if (!slo.at("windows").contains(window)) {
      std::string known;
      for (const auto& [label, view] : slo.at("windows").items()) known += " " + label;
      return complain(kExitUsage, "--window: " + name_of(slo) + " is not kept over " + window +
                                      ", only over" + known);
    }
  }
  std::printf("as of %s\n", utc(slos.at("now")).c_str());
  for (const Json& slo : slos.at("slos")) {
    std::printf("\n");
    print_slo(slo, options.report_window.empty() ? text(slo.at("window")) : options.report_window);
  }
  return kExitYes;
}

// Third-party exceptions (a key that is not there, a value of another type) end here.
template <class Action>
int guarded(const Options& options, Action action) {
  try {
    return action();
  } catch (const Json::exception& error) {
    return complain(kExitUnreachable,
                    server_url(options) + ": not an answer of this version: " + error.what());
  }
}

}  // namespace

int status(const Options& options) {
  return guarded(options, [&] {
    const auto answer = fetch(options, "/api/v1/status");
    if (!answer) return answer.error();
    const std::string healthy = text(answer->at("healthy"));
    std::printf("%s: %s\n", healthy.c_str(), text(answer->at("text")).c_str());
    if (healthy == "yes") return kExitYes;
    return healthy == "no" ? kExitNo : kExitInconclusive;
  });
}

int report(const Options& options) {
  return guarded(options, [&] {
    const auto slos = fetch(options, "/api/v1/slos");
    if (!slos) return slos.error();
    if (options.report_format == "json") {
      std::printf("%s\n", slos->dump(2).c_str());
      return kExitYes;
    }
    return print_report(options, *slos);
  });
}

int incidents(const Options& options) {
  return guarded(options, [&] {
    const auto answer = fetch(options, "/api/v1/incidents");
    if (!answer) return answer.error();
    if (options.report_format == "json") {
      std::printf("%s\n", answer->dump(2).c_str());
      return kExitYes;
    }
    if (answer->at("incidents").empty()) std::printf("no incidents\n");
    for (const Json& incident : answer->at("incidents")) print_incident(incident);
    return kExitYes;
  });
}

}  // namespace app
