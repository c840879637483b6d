#include "app/api_probes.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "app/api_json.h"

namespace app {
namespace {

using exporter::ProbeResult;
using exporter::ProbeStatus;

Json seconds(std::int64_t ns) {
  const std::int64_t whole_us = ns / 1000;
  return static_cast<double>(whole_us) / 1e6;
}

Json result_json(const ProbeResult& result) {
  Json json{{"outcome", exporter::name(result.outcome)},
            {"phase", exporter::name(result.phase)},
            {"cause", exporter::name(result.cause)},
            {"reason", result.reason},
            {"sent", seconds(result.sent.real_ns)},
            {"duration_seconds", seconds(result.done.boot_ns - result.sent.boot_ns)},
            {"late_seconds", seconds(result.late_ns)},
            {"remote_address", result.remote_address}};
  if (result.http_status != 0) json["http_status"] = result.http_status;
  return json;
}

}  // namespace

std::string probes_json(const exporter::ProbeBoard& board, const exporter::Moment& now) {
  Json probes = Json::array();
  std::vector<ProbeStatus> all;
  board.copy_to(all);
  for (const ProbeStatus& probe : all) {
    Json labels = Json::object();
    for (const auto& [name, value] : *probe.given_labels) labels[name] = value;
    Json json{{"probe", probe.name},
              {"labels", std::move(labels)},
              {"kind", probe.kind},
              {"current", probe.current(now.boot_ns) != nullptr},
              {"last", nullptr}};
    if (probe.last) json["last"] = result_json(*probe.last);
    probes.push_back(std::move(json));
  }
  const Json json{
      {"schema", kApiSchema}, {"now", seconds(now.real_ns)}, {"probes", std::move(probes)}};
  return written(json);
}

}  // namespace app
