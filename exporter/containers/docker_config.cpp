// config.v2.json, of some hundred keys the few that are needed; Config.Env and the rest pass by:
//   {"State": {"Running": true, "Pid": 4711, "ExitCode": 0, "StartedAt": "2026-…Z", "Health":
//   {"Status": "healthy"}},
//    "ID": "3f…", "Config": {"Image": "nginx:1.27", "Labels": {"com.docker.compose.service":
//    "web"}}, "Name": "/shop-web-1", "RestartCount": 2, "HasBeenManuallyStopped": false}
// The API tells the same of a container, its id as "Id", and hostconfig.json as "HostConfig".
#include "exporter/containers/json_walk.h"
#include "exporter/containers/runtime_record.h"

namespace exporter {
namespace {

struct DockerState {
  bool running = false;
  bool paused = false;
  bool restarting = false;
  bool dead = false;
};

ContainerState state_of(const DockerState& state, const ContainerFacts& facts) {
  if (state.dead) return ContainerState::kDead;
  if (state.restarting) return ContainerState::kRestarting;
  if (state.paused) return ContainerState::kPaused;
  if (state.running) return ContainerState::kRunning;
  return facts.started_unix_ms == 0 ? ContainerState::kCreated : ContainerState::kExited;
}

void take_health(std::string_view status, ContainerFacts& facts) {
  if (status == "starting") facts.health = ContainerHealth::kStarting;
  if (status == "healthy") facts.health = ContainerHealth::kHealthy;
  if (status == "unhealthy") facts.health = ContainerHealth::kUnhealthy;
}

void take_state(std::string_view key, const JsonValue& value, DockerState& state,
                RuntimeRecord& record) {
  ContainerFacts& facts = record.facts;
  if (key == "Running") state.running = value.boolean;
  if (key == "Paused") state.paused = value.boolean;
  if (key == "Restarting") state.restarting = value.boolean;
  if (key == "Dead" || key == "RemovalInProgress") state.dead = state.dead || value.boolean;
  if (key == "OOMKilled") record.oom_killed = value.boolean;
  if (key == "Pid" && value.integer > 0 && value.integer < (std::int64_t{1} << 31)) {
    record.process = static_cast<std::uint32_t>(value.integer);
  }
  if (key == "ExitCode" && value.integer >= -1 && value.integer <= 255) {
    facts.exit_code = static_cast<int>(value.integer);
  }
  if (key == "StartedAt") facts.started_unix_ms = parse_time_ms(value.text_or_nothing());
  if (key == "FinishedAt") facts.finished_unix_ms = parse_time_ms(value.text_or_nothing());
}

// The path within hostconfig.json.
void take_host(JsonPath path, const JsonValue& value, RuntimeRecord& record) {
  const std::string_view word = value.text_or_nothing();
  if (path.size() == 1 && path[0] == "NetworkMode") {
    record.guest_network = word.starts_with("container:");
  }
  if (path.size() != 2 || path[0] != "RestartPolicy" || path[1] != "Name") return;
  RestartPolicy& policy = record.facts.restart_policy;
  if (word.empty() || word == "no") policy = RestartPolicy::kNo;
  if (word == "on-failure") policy = RestartPolicy::kOnFailure;
  if (word == "always") policy = RestartPolicy::kAlways;
  if (word == "unless-stopped") policy = RestartPolicy::kUnlessStopped;
}

}  // namespace

Result<void> parse_docker_config(std::string_view text, RuntimeRecord& record) {
  ContainerFacts& facts = record.facts;
  facts.identity.runtime = ContainerRuntime::kDocker;
  facts.health = ContainerHealth::kNone;
  DockerState state;
  const auto walked = walk_json(text, [&](JsonPath path, const JsonValue& value) {
    if (path.size() == 1) {
      std::string_view name = value.text_or_nothing();
      if (path[0] == "ID" || path[0] == "Id") facts.id = bounded(name);
      if (path[0] == "Name") facts.identity.name = bounded(name.substr(name.starts_with('/')));
      if (path[0] == "RestartCount" && value.integer > 0) {
        facts.restarts = static_cast<std::uint64_t>(value.integer);
      }
      if (path[0] == "Created") record.created_unix_ms = parse_time_ms(name);
      if (path[0] == "HasBeenManuallyStopped") facts.stopped_by_user = value.boolean;
    } else if (path.size() > 1 && path[0] == "HostConfig") {
      take_host(path.subspan(1), value, record);
    } else if (path.size() == 2 && path[0] == "State") {
      take_state(path[1], value, state, record);
    } else if (path.size() == 2 && path[0] == "Config" && path[1] == "Image") {
      facts.image = bounded(value.text_or_nothing());
    } else if (path.size() == 3 && path[0] == "State" && path[1] == "Health" &&
               path[2] == "Status") {
      take_health(value.text_or_nothing(), facts);
    } else if (path.size() == 3 && path[0] == "Config" && path[1] == "Labels") {
      add_label(record, path[2], value.text_or_nothing());
    }
  });
  if (!walked) return walked;
  if (facts.id.empty() || facts.identity.name.empty()) {
    return fail(ErrorKind::kParse, "has no ID or no Name");
  }
  facts.state = state_of(state, facts);
  facts.exit_code_known = facts.finished_unix_ms != 0;
  if (!state.running) record.process = 0;
  if (record.sandbox) facts.identity.k8s_container = "POD";
  return {};
}

Result<void> parse_docker_host_config(std::string_view text, RuntimeRecord& record) {
  return walk_json(text,
                   [&](JsonPath path, const JsonValue& value) { take_host(path, value, record); });
}

}  // namespace exporter
