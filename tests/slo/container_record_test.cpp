// How long the record of a container lives, and how many there are.
#include "tests/slo/container_host.h"

using namespace slo;           // the subject of this file
using namespace slo::testing;  // the machine

TEST_CASE("work that is done ends the record, and another run goes on with it") {
  Host host;
  host.container("backup").restart_policy = RestartPolicy::kNo;
  host.live(60);
  const SloId id = host.slo("backup").id;
  host.exit("backup", 0);
  host.live(30);
  CHECK(host.judged().empty());
  host.run_again("backup");
  host.live(60);
  CHECK(host.slo("backup").id == id);
  CHECK(host.slo("backup").window().totals.down_ms == 0);
  CHECK(host.seconds("backup", State::kUnknown) >= 29);
}

TEST_CASE("a container without a policy that fails is down; removed, its record ends") {
  Host host;
  host.container("job").restart_policy = RestartPolicy::kNo;
  host.live(10);
  host.exit("job", 3);
  host.live(10);
  CHECK(host.slo("job").state == State::kDown);
  host.remove("job");
  host.live(10);
  CHECK(host.judged().empty());
}

TEST_CASE("switched off, no container is an objective; switched on again, the record goes on") {
  Host host;
  host.container("web");
  host.live(60);
  const SloId id = host.slo("web").id;
  host.source().judge(false);
  host.live(30);
  CHECK(host.judged().empty());
  host.source().judge(true);
  host.live(60);
  CHECK(host.slo("web").id == id);
  CHECK(host.slo("web").state == State::kUp);
  CHECK(host.slo("web").window().totals.down_ms == 0);
  CHECK(host.seconds("web", State::kUp) >= 110);
}

TEST_CASE("what stopped before anybody looked is no objective") {
  Host host;
  host.container("old");
  host.exit("old", 1);
  host.live(10);
  CHECK(host.judged().empty());
  host.run_again("old");
  host.live(10);
  CHECK(host.slo("old").state == State::kUp);
}

TEST_CASE("when nobody looks any more the time is unknown, and known again afterwards") {
  Host host;
  host.container("web");
  host.live(60);
  for (int i = 0; i < 60; ++i) {
    host.pass(1'000);
    host.step();
  }
  CHECK(host.slo("web").state == State::kUnknown);
  host.live(30);
  CHECK(host.slo("web").state == State::kUp);
  CHECK(host.slo("web").window().totals.down_ms == 0);
  CHECK(host.slo("web").window().totals.unknown_ms >= 45'000);
  CHECK(host.slo("web").window().totals.unknown_ms <= 61'000);
}

TEST_CASE("a view that is not complete proves no removal") {
  Host host;
  host.container("web");
  host.live(60);
  host.remove("web");
  host.live(30, false);
  CHECK(host.slo("web").state == State::kUnknown);
  CHECK(host.slo("web").window().totals.down_ms == 0);
  host.live(5);
  CHECK(host.slo("web").state == State::kDown);
}

TEST_CASE("gone for seven days it is forgotten, and one of its name begins anew") {
  Host host;
  host.container("web");
  host.live(60);
  const SloId id = host.slo("web").id;
  host.remove("web");
  host.live(5);
  CHECK(host.store().load().documents.size() == 1);
  for (int day = 0; day < 7; ++day) {
    CHECK(host.judged().size() == 1);
    host.pass(kDayMs);
    host.look();
  }
  CHECK(host.judged().empty());
  CHECK(host.store().load().documents.empty());
  host.container("web").id = "web-2";
  host.live(5);
  CHECK(host.slo("web").id != id);
  CHECK(host.slo("web").counters.incidents == 0);
}

TEST_CASE("the record goes on over a restart of the monitor, up where the container proves it") {
  Host host;
  host.container("web");
  host.container("checked").health = ContainerHealth::kHealthy;
  host.live(60);
  const SloId id = host.slo("web").id;
  host.stop();
  host.pass(20'000);
  host.start();
  host.live(10);
  CHECK(host.slo("web").id == id);
  CHECK(host.seconds("web", State::kUnknown) <= 2);
  CHECK(host.seconds("web", State::kUp) >= 88);
  CHECK(host.seconds("checked", State::kUnknown) >= 20);  // that it ran is no proof of health
}

TEST_CASE("what was down before the monitor stopped is down after it, also when it is removed") {
  Host host;
  host.container("web");
  host.container("job").restart_policy = RestartPolicy::kNo;
  host.live(60);
  host.exit("web", 1);
  host.live(10);
  host.stop();
  host.remove("web");
  host.remove("job");
  host.pass(20'000);
  host.start();
  host.live(10);
  CHECK(host.judged().size() == 1);
  CHECK(host.slo("web").state == State::kDown);
  CHECK(host.slo("web").counters.incidents == 1);
}

TEST_CASE(
    "the pods of a workload are up while any of them is, and down here is not down elsewhere") {
  Host host;
  const auto pod = [&](const std::string& name) -> ContainerFacts& {
    ContainerFacts& facts = host.container(name);
    facts.restart_policy = RestartPolicy::kUnknown;
    facts.identity.k8s_namespace = "shop";
    facts.identity.k8s_pod = "api-" + name;
    facts.identity.k8s_container = "server";
    return facts;
  };
  pod("x2k8p");
  host.live(30);
  pod("z9d4c");
  host.live(30);
  host.remove("x2k8p");
  host.live(30);
  CHECK(host.judged().size() == 1);
  CHECK(host.slo("server").spec->service == "shop/api");
  CHECK(host.slo("server").window().totals.down_ms == 0);
  host.exit("z9d4c", 0);
  host.live(5);
  CHECK(host.slo("server").state == State::kDown);
  host.remove("z9d4c");
  host.live(5);
  CHECK(host.judged().empty());
}

TEST_CASE("the number of objectives is bounded, and what is left out is counted") {
  Host host;
  for (std::size_t i = 0; i < ContainerSource::kMaxObjectives + 5; ++i) {
    host.container("c" + std::to_string(1'000'000 + i));
  }
  host.live(3);
  CHECK(host.judged().size() == ContainerSource::kMaxObjectives);
  CHECK(host.source().ignored() == 5);
  host.container("c1000000").restart_policy = RestartPolicy::kNo;
  host.exit("c1000000", 0);
  host.live(3);
  CHECK(host.judged().size() == ContainerSource::kMaxObjectives);
  CHECK(host.source().ignored() == 4);
}

TEST_CASE("an objective of the configuration with the same name goes first") {
  Host host;
  auto configured = probe_spec();
  configured->service = "web";
  configured->name = "container-web";
  const SloId id = host.machine().add(configured);
  host.container("web");
  host.live(10);
  CHECK(host.judged().size() == 1);
  CHECK(host.judged()[0].id == id);
}

TEST_CASE("news wakes the judge, a beat can wait for the next tick") {
  Host host;
  host.source().on_beat(host.machine().now());
  CHECK(host.wakes() == 0);
  host.source().on_facts(host.container("web"), host.machine().now());
  host.source().on_removed(host.container("web").identity, host.machine().now());
  CHECK(host.wakes() == 2);
}

TEST_CASE("documents of another shape are left alone") {
  Host host;
  host.stop();
  for (const char* value : {"", "1", "1 ", "2 5", "1 -5", "1 5x", "1 99999999999999999999"}) {
    host.store().write({}, {{"containers", std::string("a\nb") + value, value}});
  }
  host.store().write({}, {{"containers", "without a line", "1 5"}});
  host.start();
  host.live(5);
  CHECK(host.judged().empty());
}
