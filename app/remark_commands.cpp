// fournines exclude, unexclude, mark-false and backup: what changes something in the daemon.
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/client.h"
#include "app/commands.h"
#include "exporter/core/json_text.h"
#include "exporter/core/text.h"

namespace app {
namespace {

using Json = nlohmann::json;

// Posts the body; prints the id of the answer where it has one.
int act(const Options& options, const char* path, const Json& body) {
  const std::string url = server_url(options) + path;
  const std::string text = exporter::json_text(body);
  const auto answer = request(url, &text);
  if (!answer) return complain(kExitUnreachable, answer.error().message);
  const Json json = exporter::parse_json(answer->body);
  const auto text_of = [&](const char* key) {
    return json.is_object() && json.contains(key) && json.at(key).is_string()
               ? exporter::printable(json.at(key).get<std::string>(), 512)
               : std::string();
  };
  switch (answer->status) {
    case 200: break;
    case 400:
    case 404:
      if (!text_of("error").empty()) return complain(kExitUsage, text_of("error"));
      return complain(kExitUsage,
                      "the daemon takes no changes: start it with --web.enable-admin-api");
    case 405:
      return complain(kExitUsage,
                      "the daemon takes no changes: start it with --web.enable-admin-api");
    case 409: return complain(kExitConflict, text_of("error"));
    default:
      return complain(kExitUnreachable, url + ": answered with status " +
                                            std::to_string(answer->status) + " " +
                                            text_of("error"));
  }
  if (!text_of("id").empty()) std::printf("%s\n", text_of("id").c_str());
  return kExitYes;
}

}  // namespace

int exclude(const Options& options) {
  return act(options, "/api/v1/exclusions",
             {{"slos", options.slos},
              {"from", options.from},
              {"to", options.to},
              {"reason", options.reason}});
}

int unexclude(const Options& options) {
  return act(options, "/api/v1/exclusions/remove", {{"id", options.exclusion_id}});
}

int mark_false(const Options& options) {
  if (options.reason.empty() != options.undo) {
    return complain(kExitUsage, "mark-false: needs either --reason or --undo");
  }
  const std::string& slo = options.slo;
  const std::size_t slash = slo.find('/');
  return act(options, "/api/v1/incidents/false",
             {{"service", slo.substr(0, slash)},
              {"slo", slash == std::string::npos ? slo : slo.substr(slash + 1)},
              {"incident", options.incident},
              {"reason", options.reason}});
}

int backup(const Options& options) {
  std::string path = options.backup_file;
  if (!path.starts_with('/')) {
    char here[PATH_MAX];
    if (::getcwd(here, sizeof here) == nullptr) {
      return complain(kExitUsage, path + ": the directory it is in is gone");
    }
    path = std::string(here) + "/" + path;
  }
  return act(options, "/api/v1/backup", {{"path", path}});
}

}  // namespace app
