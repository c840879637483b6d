#include "slo/container_identity.h"

#include "tests/support/doctest.h"

using namespace slo;  // the subject of this file
using exporter::ContainerFacts;
using exporter::ContainerHealth;
using exporter::ContainerIdentity;
using exporter::ContainerRuntime;
using exporter::ContainerState;
using exporter::RestartPolicy;

namespace {

ContainerIdentity named(ContainerRuntime runtime, const std::string& name) {
  ContainerIdentity identity;
  identity.runtime = runtime;
  identity.name = name;
  return identity;
}

ContainerIdentity pod(const char* name, const char* container) {
  ContainerIdentity identity = named(ContainerRuntime::kContainerd, "k8s_name");
  identity.k8s_namespace = "shop";
  identity.k8s_pod = name;
  identity.k8s_container = container;
  return identity;
}

ContainerFacts exited(int code, RestartPolicy policy) {
  ContainerFacts facts;
  facts.identity = named(ContainerRuntime::kDocker, "web");
  facts.state = ContainerState::kExited;
  facts.restart_policy = policy;
  facts.exit_code = code;
  facts.exit_code_known = true;
  return facts;
}

Reading running(ContainerHealth health, State was) {
  ContainerFacts facts;
  facts.health = health;
  return read(facts, was);
}

}  // namespace

TEST_CASE("an objective is named after the container, its service is the Compose service") {
  ContainerIdentity identity = named(ContainerRuntime::kDocker, "shop-web-1");
  CHECK(objective_of(identity) == ObjectiveName{"shop-web-1", "container-shop-web-1"});
  identity.compose_project = "shop";
  identity.compose_service = "web";
  CHECK(objective_of(identity) == ObjectiveName{"web", "container-shop-web-1"});
}

TEST_CASE("all pods of a workload are one objective for each container in them") {
  const ObjectiveName wanted{"shop/api", "container-server"};
  CHECK(objective_of(pod("api-7c6b5d4f9-x2k8p", "server")) == wanted);
  CHECK(objective_of(pod("api-x2k8p", "server")) == wanted);
  CHECK(objective_of(pod("api-28391040-x2k8p", "server")) == wanted);
}

TEST_CASE("what is no service of its own is no objective") {
  CHECK_FALSE(objective_of(named(ContainerRuntime::kSystemd, "nginx.service")));
  CHECK_FALSE(objective_of(pod("api-x2k8p", "POD")));
  CHECK_FALSE(objective_of(pod("api-x2k8p", "")));
}

TEST_CASE("the workload of a pod") {
  CHECK(workload_of("db-0") == "db-0");
  CHECK(workload_of("kube-proxy-x2k8p") == "kube-proxy");
  CHECK(workload_of("web-server") == "web-server");
  CHECK(workload_of("-x2k8p") == "-x2k8p");
  CHECK(workload_of("") == "");
}

TEST_CASE("names from outside are made clean and short") {
  const auto name =
      objective_of(named(ContainerRuntime::kDocker, "a\n\xff" + std::string(5'000, 'b')));
  REQUIRE(name);
  CHECK(name->slo.size() < 300);
  CHECK(name->slo.find('\n') == std::string::npos);
}

TEST_CASE("running is up, with a health check only when it is healthy") {
  CHECK(running(ContainerHealth::kUnknown, State::kUnknown).state == State::kUp);
  CHECK(running(ContainerHealth::kNone, State::kDown).state == State::kUp);
  CHECK(running(ContainerHealth::kHealthy, State::kDown).state == State::kUp);
  CHECK(running(ContainerHealth::kUnhealthy, State::kUp).state == State::kDown);
  CHECK(running(ContainerHealth::kUnhealthy, State::kUp).cause == Cause::kUnhealthy);
}

TEST_CASE("before a health check has answered, down stays down and nothing else is known") {
  CHECK(running(ContainerHealth::kStarting, State::kDown).state == State::kDown);
  CHECK(running(ContainerHealth::kStarting, State::kUp).state == State::kUnknown);
  CHECK(running(ContainerHealth::kStarting, State::kUnknown).state == State::kUnknown);
}

TEST_CASE("work that is done ends the record, a failure is downtime") {
  CHECK(read(exited(0, RestartPolicy::kNo), State::kUp).kind == Reading::Kind::kEnded);
  CHECK(read(exited(0, RestartPolicy::kOnFailure), State::kUp).kind == Reading::Kind::kEnded);
  for (const auto& facts :
       {exited(3, RestartPolicy::kNo), exited(0, RestartPolicy::kAlways),
        exited(0, RestartPolicy::kUnlessStopped), exited(1, RestartPolicy::kOnFailure)}) {
    const Reading reading = read(facts, State::kUp);
    CHECK(reading.kind == Reading::Kind::kJudged);
    CHECK(reading.state == State::kDown);
    CHECK(reading.cause == Cause::kExited);
  }
}

TEST_CASE("who stops a container that has to run makes downtime, else the record ends") {
  ContainerFacts facts = exited(137, RestartPolicy::kNo);
  facts.stopped_by_user = true;
  CHECK(read(facts, State::kUp).kind == Reading::Kind::kEnded);
  facts.identity.compose_project = "shop";
  CHECK(read(facts, State::kUp).state == State::kDown);
  facts.identity.compose_project.clear();
  facts.restart_policy = RestartPolicy::kAlways;
  CHECK(read(facts, State::kUp).state == State::kDown);
}

TEST_CASE("a container of a pod that ends is down: Kubernetes starts it again") {
  ContainerFacts facts = exited(0, RestartPolicy::kUnknown);
  facts.identity = pod("api-x2k8p", "server");
  CHECK(read(facts, State::kUp).state == State::kDown);
}

TEST_CASE("an end without a record of it is an end") {
  ContainerFacts facts = exited(0, RestartPolicy::kUnknown);
  facts.exit_code_known = false;
  CHECK(read(facts, State::kUp).kind == Reading::Kind::kEnded);
}

TEST_CASE("created is nothing yet, paused and restarting are down") {
  ContainerFacts facts;
  facts.state = ContainerState::kCreated;
  CHECK(read(facts, State::kUnknown).kind == Reading::Kind::kNothing);
  facts.state = ContainerState::kPaused;
  CHECK(read(facts, State::kUp).cause == Cause::kPaused);
  facts.state = ContainerState::kRestarting;
  CHECK(read(facts, State::kUp).state == State::kDown);
}
