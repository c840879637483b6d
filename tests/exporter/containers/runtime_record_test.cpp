#include "exporter/containers/runtime_record.h"

#include "exporter/containers/json_walk.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

constexpr std::string_view kDocker = R"({
  "StreamConfig": {}, "State": {"Running": true, "Paused": false, "Restarting": false,
    "OOMKilled": true, "RemovalInProgress": false, "Dead": false, "Pid": 4711, "ExitCode": 137,
    "Error": "", "StartedAt": "2026-11-25T20:57:37.5Z", "FinishedAt": "2026-11-25T20:57:36Z",
    "Health": {"Status": "unhealthy", "FailingStreak": 3, "Log": [{"ExitCode": 1, "Output": "x"}]}},
  "ID": "3f0000", "Created": "2026-11-25T20:00:00Z", "Managed": false,
  "Config": {"Hostname": "3f", "Env": ["PASSWORD=hunter2"], "Image": "nginx:1.27",
    "Labels": {"com.docker.compose.project": "shop", "com.docker.compose.service": "web", "z": ""}},
  "Image": "sha256:00", "Name": "/shop-web-1", "RestartCount": 3, "HasBeenManuallyStopped": true})";

TEST_CASE("Docker's API tells of a container what its files do") {
  RuntimeRecord record;
  REQUIRE(parse_docker_config(
      R"({"Id":"ab","Name":"/web","Created":"2026-11-25T20:00:00Z","RestartCount":3,
          "State":{"Status":"running","Running":true,"Pid":7,"Health":{"Status":"healthy"}},
          "HostConfig":{"NetworkMode":"container:cd","RestartPolicy":{"Name":"always"}},
          "Config":{"Image":"nginx:1.27","Labels":{"com.docker.compose.service":"web"}}})",
      record));
  CHECK(record.facts.id == "ab");
  CHECK(record.facts.identity.name == "web");
  CHECK(record.facts.identity.compose_service == "web");
  CHECK(record.facts.image == "nginx:1.27");
  CHECK(record.facts.health == ContainerHealth::kHealthy);
  CHECK(record.facts.restart_policy == RestartPolicy::kAlways);
  CHECK(record.facts.restarts == 3);
  CHECK(record.process == 7);
  CHECK(record.guest_network);
}

TEST_CASE("Docker's file tells name, image, labels, state, health, restarts and the last exit") {
  RuntimeRecord record;
  REQUIRE(parse_docker_config(kDocker, record));
  const ContainerFacts& facts = record.facts;
  CHECK(facts.identity.runtime == ContainerRuntime::kDocker);
  CHECK(facts.identity.name == "shop-web-1");
  CHECK(facts.identity.compose_project == "shop");
  CHECK(facts.identity.compose_service == "web");
  CHECK(facts.identity.key() == "shop-web-1");
  CHECK(facts.id == "3f0000");
  CHECK(facts.image == "nginx:1.27");
  CHECK(facts.state == ContainerState::kRunning);
  CHECK(facts.health == ContainerHealth::kUnhealthy);
  CHECK(facts.restarts == 3);
  CHECK(facts.exit_code == 137);
  CHECK(facts.exit_code_known);
  CHECK(facts.stopped_by_user);
  CHECK(facts.started_unix_ms == 1'795'640'257'500);
  CHECK(facts.finished_unix_ms == 1'795'640'256'000);
  CHECK(record.process == 4711);
  CHECK(record.oom_killed);
  REQUIRE(record.facts.labels.size() == 3);
  CHECK(record.facts.labels[0].first == "com.docker.compose.project");
}

ContainerState docker_state(std::string_view state) {
  RuntimeRecord record;
  const std::string text =
      "{\"State\": " + std::string(state) + ", \"ID\": \"1\", \"Name\": \"/a\"}";
  REQUIRE(parse_docker_config(text, record));
  return record.facts.state;
}

TEST_CASE("Docker's flags make one state") {
  CHECK(docker_state("{}") == ContainerState::kCreated);
  CHECK(docker_state(R"({"StartedAt": "0001-01-01T00:00:00Z"})") == ContainerState::kCreated);
  CHECK(docker_state(R"({"StartedAt": "2026-01-01T00:00:00Z"})") == ContainerState::kExited);
  CHECK(docker_state(R"({"Running": true})") == ContainerState::kRunning);
  CHECK(docker_state(R"({"Running": true, "Paused": true})") == ContainerState::kPaused);
  CHECK(docker_state(R"({"Running": true, "Restarting": true})") == ContainerState::kRestarting);
  CHECK(docker_state(R"({"Dead": true})") == ContainerState::kDead);
  CHECK(docker_state(R"({"RemovalInProgress": true})") == ContainerState::kDead);
}

TEST_CASE("a container that does not run has no process, and before its first end no exit code") {
  RuntimeRecord record;
  REQUIRE(parse_docker_config(
      R"({"State": {"Pid": 5, "ExitCode": 0}, "ID": "1", "Name": "/a", "Config": {}})", record));
  CHECK(record.process == 0);
  CHECK_FALSE(record.facts.exit_code_known);
  CHECK(record.facts.health == ContainerHealth::kNone);
}

TEST_CASE("what is no file of Docker's is refused") {
  for (const char* text : {"", "[]", "{", "{\"ID\": \"1\"}", "{\"Name\": \"/a\"}", "nonsense",
                           "{\"ID\": 1, \"Name\": 2}"}) {
    RuntimeRecord record;
    CHECK_FALSE_MESSAGE(parse_docker_config(text, record), text);
  }
}

TEST_CASE("values of the wrong type are passed over") {
  RuntimeRecord record;
  REQUIRE(parse_docker_config(
      R"({"ID": "1", "Name": "/a", "State": {"Running": 1, "Pid": "x", "ExitCode": 1e300,
          "StartedAt": 7, "Health": {"Status": {}}}, "RestartCount": -4,
          "Config": {"Labels": {"n": 1, "l": []}, "Image": false}})",
      record));
  CHECK(record.facts.state == ContainerState::kCreated);
  CHECK(record.facts.restarts == 0);
  CHECK(record.facts.image.empty());
}

TEST_CASE("the host configuration tells the restart policy and whose network is used") {
  RuntimeRecord record;
  REQUIRE(parse_docker_host_config(
      R"({"NetworkMode": "container:abc", "RestartPolicy": {"Name": "on-failure"}})", record));
  CHECK(record.facts.restart_policy == RestartPolicy::kOnFailure);
  CHECK(record.guest_network);
  REQUIRE(parse_docker_host_config(R"({"NetworkMode": "host", "RestartPolicy": {"Name": ""}})",
                                   record));
  CHECK(record.facts.restart_policy == RestartPolicy::kNo);
  CHECK_FALSE(record.guest_network);
}

TEST_CASE("Kubernetes' labels on a container of Docker name pod, namespace and sandbox") {
  RuntimeRecord record;
  REQUIRE(parse_docker_config(
      R"({"ID": "1", "Name": "/k8s_POD_shop_prod_uid_0", "Config": {"Labels": {
          "io.kubernetes.pod.name": "shop", "io.kubernetes.pod.namespace": "prod",
          "io.kubernetes.container.name": "POD", "io.kubernetes.docker.type": "podsandbox"}}})",
      record));
  CHECK(record.sandbox);
  CHECK(record.facts.identity.k8s_pod == "shop");
  CHECK(record.facts.identity.key() == "prod/shop/POD");
}

TEST_CASE("containerd's bundle of a container names it, its pod and its image") {
  RuntimeRecord record;
  REQUIRE(parse_bundle_config(
      R"({"process": {"env": ["TOKEN=t"]}, "annotations": {
          "io.kubernetes.cri.container-type": "container",
          "io.kubernetes.cri.container-name": "web",
          "io.kubernetes.cri.image-name": "registry.example/web:1",
          "io.kubernetes.cri.sandbox-name": "shop-7d", "io.kubernetes.cri.sandbox-uid": "u-1",
          "io.kubernetes.cri.sandbox-namespace": "prod"}})",
      record));
  CHECK(record.facts.identity.runtime == ContainerRuntime::kContainerd);
  CHECK(record.facts.identity.name == "web");
  CHECK(record.facts.identity.key() == "prod/shop-7d/web");
  CHECK(record.facts.image == "registry.example/web:1");
  CHECK(record.pod_uid == "u-1");
  CHECK_FALSE(record.sandbox);
}

TEST_CASE("a sandbox is called POD") {
  RuntimeRecord containerd;
  REQUIRE(parse_bundle_config(
      R"({"annotations": {"io.kubernetes.cri.container-type": "sandbox",
          "io.kubernetes.cri.sandbox-name": "shop", "io.kubernetes.cri.sandbox-namespace": "p"}})",
      containerd));
  CHECK(containerd.sandbox);
  CHECK(containerd.facts.identity.key() == "p/shop/POD");
  RuntimeRecord crio;
  REQUIRE(parse_bundle_config(
      R"({"annotations": {"io.kubernetes.cri-o.ContainerType": "sandbox",
          "io.kubernetes.pod.name": "shop", "io.kubernetes.pod.namespace": "p"}})",
      crio));
  CHECK(crio.facts.identity.runtime == ContainerRuntime::kCrio);
  CHECK(crio.facts.identity.name == "POD");
}

TEST_CASE("podman and nerdctl are known by their annotations") {
  RuntimeRecord podman;
  REQUIRE(parse_bundle_config(R"({"annotations": {"io.container.manager": "libpod"}})", podman));
  CHECK(podman.facts.identity.runtime == ContainerRuntime::kPodman);
  RuntimeRecord nerdctl;
  REQUIRE(parse_bundle_config(R"({"annotations": {"nerdctl/name": "box"}})", nerdctl));
  CHECK(nerdctl.facts.identity.runtime == ContainerRuntime::kContainerd);
  CHECK(nerdctl.facts.identity.name == "box");
}

TEST_CASE("the list of containers/storage gives ids, names and images, metadata is JSON in JSON") {
  std::vector<RuntimeRecord> records;
  REQUIRE(parse_storage_list(
      R"([{"id": "a1", "names": ["web", "other"], "metadata":
            "{\"image-name\":\"docker.io/nginx\",\"name\":\"web\",\"created-at\":1700000000}"},
          {"id": "b2", "names": ["db"]}, {"names": ["no id"]}, {"id": "c3"}, 7, {}])",
      records));
  REQUIRE(records.size() == 2);
  CHECK(records[0].facts.id == "a1");
  CHECK(records[0].facts.identity.name == "web");
  CHECK(records[0].facts.image == "docker.io/nginx");
  CHECK(records[1].facts.identity.name == "db");
}

TEST_CASE("broken metadata is told and costs only what it says") {
  std::vector<RuntimeRecord> records;
  CHECK_FALSE(parse_storage_list(R"([{"id": "a", "names": ["x"], "metadata": "{"}])", records));
  REQUIRE(records.size() == 1);
  CHECK(records[0].facts.identity.name == "x");
}

TEST_CASE("times of RFC 3339 become milliseconds, others nothing") {
  CHECK(parse_time_ms("1970-01-01T00:00:01Z") == 1000);
  CHECK(parse_time_ms("2026-11-25T20:57:37.123456789Z") == 1'795'640'257'123);
  CHECK(parse_time_ms("2026-11-25T21:57:37.1+01:00") == 1'795'640'257'100);
  CHECK(parse_time_ms("2026-11-25T19:57:37-01:00") == 1'795'640'257'000);
  for (const char* text :
       {"", "0001-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
        "2026-11-25T24:00:00Z", "2026-11-25", "2026-11-25T20:57:37", "2026-11-25T20:57:37+x",
        "-2026-11-25T20:57:37Z", "2026-11-25T20:57:37+99:00", "now"}) {
    CHECK_MESSAGE(parse_time_ms(text) == 0, text);
  }
}

TEST_CASE("labels and texts are bounded") {
  RuntimeRecord record;
  for (int i = 0; i < 200; ++i) add_label(record, "label" + std::to_string(i), "v");
  CHECK(record.facts.labels.size() == kMaxContainerLabels);
  CHECK(bounded(std::string(5000, 'a')).size() == kMaxFactBytes);
  std::string umlauts;
  while (umlauts.size() < 1500) umlauts += "a\xc3\xa4";
  CHECK(bounded(umlauts).size() <= kMaxFactBytes);
  CHECK(bounded(umlauts).back() != '\xc3');
}

TEST_CASE("JSON deeper or larger than the bound is refused") {
  const auto ignore = [](JsonPath, const JsonValue&) {};
  CHECK(walk_json(std::string(60, '[') + std::string(60, ']'), ignore));
  CHECK_FALSE(walk_json(std::string(100'000, '['), ignore));
  const auto large = walk_json(std::string(kMaxJsonBytes + 1, ' '), ignore);
  REQUIRE_FALSE(large);
  CHECK(large.error().kind == ErrorKind::kInvalid);
}

TEST_CASE("JSON is told value by value with its path, elements by their place") {
  std::string told;
  REQUIRE(walk_json(R"({"a": [1, {"b": "x"}, [true]], "c": null})", [&](JsonPath path,
                                                                        const JsonValue& value) {
    for (const std::string& key : path) told += "/" + key;
    told += value.kind == JsonValue::Kind::kInteger ? "=" + std::to_string(value.integer)
                                                    : "=" + std::string(value.text_or_nothing());
    told += value.boolean ? "yes " : " ";
  }));
  CHECK(told == "/a/0=1 /a/1/b=x /a/2/0=yes /c= ");
}

TEST_CASE("a roster finds a record by its id") {
  Roster roster;
  for (const char* id : {"a", "c", "e"}) {
    auto record = std::make_shared<RuntimeRecord>();
    record->facts.id = id;
    roster.records.push_back(record);
  }
  CHECK(roster.find("c") == roster.records[1]);
  CHECK(roster.find("b") == nullptr);
  CHECK(roster.find("z") == nullptr);
}

}  // namespace
}  // namespace exporter
