#include "slo/container_rule.h"

#include "tests/slo/container_host.h"

using namespace slo;           // the subject of this file
using namespace slo::testing;  // the machine with containers

namespace {

ContainerRule named(const std::string& name, const std::string& compose_service = "") {
  ContainerRule rule;
  rule.name = name;
  rule.compose_service = compose_service;
  return rule;
}

ContainerSource::Configured about(const ContainerRule& rule, std::uint64_t generation = 1) {
  auto spec = std::make_shared<SloSpec>();
  spec->service = "db";
  spec->name = "db-up";
  spec->source = SourceKind::kContainer;
  spec->generation = generation;
  spec->merge_gap_ms = 0;
  return {spec, rule};
}

std::optional<Judgement> found(Host& host) {
  for (Judgement& judgement : host.judged()) {
    if (judgement.spec->name == "db-up") return std::move(judgement);
  }
  return std::nullopt;
}

Judgement db(Host& host) {
  auto judged = found(host);
  REQUIRE(judged.has_value());
  return *judged;
}

}  // namespace

TEST_CASE("a rule is about a name, a pattern, a pod's container or a Compose service") {
  exporter::ContainerFacts plain;
  plain.identity.name = "shop-db-1";
  plain.identity.compose_service = "db";
  exporter::ContainerFacts pod;
  pod.identity.name = "web";
  pod.identity.k8s_namespace = "shop";
  pod.identity.k8s_pod = "web-7";
  pod.identity.k8s_container = "web";
  CHECK(matches(named("shop-db-1"), plain));
  CHECK(matches(named("shop-*-1"), plain));
  CHECK_FALSE(matches(named("shop"), plain));
  CHECK(matches(named("", "db"), plain));
  CHECK(matches(named("", "*"), plain));
  CHECK_FALSE(matches(named("", "*"), pod));
  CHECK_FALSE(matches(named("other*", "db"), plain));
  CHECK(matches(named("shop/web-*/web"), pod));
  CHECK_FALSE(matches(named("shop/api-*/web"), pod));
  CHECK_FALSE(matches(named(""), plain));
}

TEST_CASE("a rule is about labels and a control group as well, and all that it says has to fit") {
  exporter::ContainerFacts facts;
  facts.identity.name = "db";
  facts.labels = {{"owner", "ops"}, {"tier", "storage-7"}};
  facts.group = "/shop.slice/docker-77.scope";
  ContainerRule rule;
  rule.labels = {{"tier", "storage-*"}, {"owner", "ops"}};
  CHECK(matches(rule, facts));
  rule.cgroup = "/shop.slice/*";
  CHECK(matches(rule, facts));
  rule.name = "other";
  CHECK_FALSE(matches(rule, facts));
  rule.name = "";
  facts.group = "";  // it was not seen running
  CHECK_FALSE(matches(rule, facts));
  rule.cgroup = "";
  CHECK(matches(rule, facts));
  rule.labels["tier"] = "storage";
  CHECK_FALSE(matches(rule, facts));
  rule.labels = {{"other", "*"}};
  CHECK_FALSE(matches(rule, facts));
}

TEST_CASE("what the configuration names has to run: an end is down, whoever stopped it") {
  Host host;
  host.configure({about(named("db"))});
  ContainerFacts& facts = host.container("db");
  facts.restart_policy = RestartPolicy::kNo;
  host.live(10);
  CHECK(db(host).state == State::kUp);
  host.exit("db", 0);
  host.live(5);
  CHECK(db(host).state == State::kDown);
  CHECK(db(host).cause == Cause::kExited);
  for (const Judgement& judgement : host.judged()) CHECK(judgement.spec->name != "container-db");
  host.remove("db");
  host.live(5);
  CHECK(db(host).state == State::kDown);
  host.container("db").started_unix_ms = host.unix_ms();
  host.live(5);
  CHECK(db(host).state == State::kUp);
  const Judgement judged = db(host);
  REQUIRE(judged.recent().size() == 1);
  CHECK(judged.recent().front().duration_ms() == 10'000);
  CHECK(judged.recent().front().cause == Cause::kExited);
}

TEST_CASE("what was never there is down from the first look, and nothing without one") {
  Host host;
  host.configure({about(named("db"))});
  host.live(3, false);
  CHECK_FALSE(found(host).has_value());  // not all of the runtimes can be seen
  host.live(3);
  CHECK(db(host).state == State::kDown);
  CHECK(db(host).cause == Cause::kRemoved);
}

TEST_CASE("what cannot be seen for half a minute is shown as unknown, and is judged when it can") {
  Host host;
  host.configure({about(named("db"))});
  host.live(40, false);
  CHECK(db(host).state == State::kUnknown);
  host.container("db");
  host.live(3, false);
  CHECK(db(host).state == State::kUp);
  CHECK(db(host).counters.state_ms[1] == 0);
}

TEST_CASE("the states that are good and the health that counts are those of the rule") {
  Host host;
  const auto running = ContainerRule::bit(ContainerState::kRunning);
  ContainerRule rule = named("db");
  rule.states = running | ContainerRule::bit(ContainerState::kPaused);
  rule.healthy = false;
  host.configure({about(rule)});
  host.container("db").health = ContainerHealth::kUnhealthy;
  host.live(5);
  CHECK(db(host).state == State::kUp);
  host.container("db").state = ContainerState::kPaused;
  host.live(5);
  CHECK(db(host).state == State::kUp);
  CHECK(db(host).counters.incidents == 0);
  rule = named("db");
  host.configure({about(rule, 2)});
  host.live(5);
  CHECK(db(host).state == State::kDown);
  CHECK(db(host).cause == Cause::kPaused);
  host.container("db").state = ContainerState::kRunning;
  host.live(5);
  CHECK(db(host).state == State::kDown);
  host.container("db").health = ContainerHealth::kHealthy;
  host.live(5);
  CHECK(db(host).state == State::kUp);
  host.container("db").health = ContainerHealth::kUnhealthy;
  host.live(5);
  CHECK(db(host).cause == Cause::kUnhealthy);
}

TEST_CASE(
    "another objective keeps the record, another rule begins one, and the old one comes back") {
  Host host;
  host.configure({about(named("db"))});
  host.container("db");
  host.live(20);
  const std::int64_t up_ms = db(host).counters.state_ms[0];
  auto other = about(named("db"));
  auto spec = std::make_shared<SloSpec>(*other.spec);
  spec->objective = parse_objective("90").value();
  other.spec = spec;
  host.configure({other});
  host.live(2);
  CHECK(db(host).counters.state_ms[0] > up_ms);
  CHECK(db(host).spec->objective == spec->objective);
  host.configure({about(named("d*"), 2)});
  host.live(2);
  CHECK(db(host).counters.state_ms[0] < up_ms);
  host.configure({});
  host.live(2);
  CHECK_FALSE(found(host).has_value());
  host.configure({about(named("db"))});
  host.live(2);
  CHECK(db(host).counters.state_ms[0] >= up_ms);
}

TEST_CASE(
    "it goes on without the automatic objectives, and over a restart that the container outlived") {
  Host host;
  host.configure({about(named("db"))});
  host.source().judge(false);
  host.container("db");
  host.live(20);
  CHECK(host.judged().size() == 1);
  const Judgement before = db(host);
  host.stop();
  host.pass(60'000);
  host.start();
  host.source().judge(false);
  host.live(5);
  const Judgement after = db(host);
  CHECK(after.id == before.id);
  CHECK(after.counters.state_ms[0] - before.counters.state_ms[0] >= 60'000);
  CHECK(after.counters.state_ms[2] == before.counters.state_ms[2]);
}
