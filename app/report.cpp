// fournines status, report and incidents: what the running daemon knows.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "alerts/words.h"
#include "app/client.h"
#include "app/commands.h"
#include "app/report_words.h"
#include "exporter/core/json_text.h"
#include "exporter/core/text.h"

namespace app {
namespace {

using Json = nlohmann::ordered_json;

// The document at path, or the exit code that says why there is none.
std::expected<Json, int> fetch(const Options& options, const std::string& path) {
  const std::string url = server_url(options) + path;
  const auto answer = request(url);
  if (!answer) return std::unexpected(complain(kExitUnreachable, answer.error().message));
  Json json = exporter::parse_ordered_json(answer->body);
  if (answer->status == 400 && json.is_object() && json.contains("error")) {
    return std::unexpected(complain(kExitUsage, json.at("error").get<std::string>()));
  }
  if (answer->status != 200) {
    return std::unexpected(complain(
        kExitUnreachable, url + ": answered with status " + std::to_string(answer->status)));
  }
  if (json.is_discarded() || !json.is_object() || !json.contains("schema")) {
    return std::unexpected(complain(kExitUnreachable, url + ": not an answer of fournines"));
  }
  return json;
}

std::string text(const Json& json) {
  return json.is_string() ? exporter::printable(json.get<std::string>()) : "";
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
    std::string path = "/api/v1/report?";
    const auto add = [&path](const char* name, const std::string& value) {
      if (!value.empty()) path += std::string(name) + "=" + alerts::url_escaped(value) + "&";
    };
    add("window", options.report_window);
    add("period", options.report_period);
    add("timezone", options.report_timezone);
    path.pop_back();
    const auto answer = fetch(options, path);
    if (!answer) return answer.error();
    std::string words;
    if (options.report_format == "json") {
      words = answer->dump(2) + "\n";
    } else if (options.report_format == "markdown") {
      words = report_markdown(*answer);
    } else {
      words = report_text(*answer);
    }
    std::fputs(words.c_str(), stdout);
    return kExitYes;
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
    for (const Json& incident : answer->at("incidents")) {
      std::printf("%s\n", incident_text(incident).c_str());
    }
    return kExitYes;
  });
}

}  // namespace app
