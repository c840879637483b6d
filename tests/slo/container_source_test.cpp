#include "slo/container_source.h"

#include "slo/store_memory.h"
#include "tests/slo/sim.h"
#include "tests/support/doctest.h"

using namespace slo;           // the subject of this file
using namespace slo::testing;  // the machine
using exporter::ContainerFacts;
using exporter::ContainerHealth;
using exporter::ContainerState;
using exporter::ContainerView;
using exporter::RestartPolicy;

namespace {

// A machine with containers: what a runtime would write down, seen as views every second.
class Host {
 public:
  Host() { start(); }

  ContainerFacts& container(const std::string& name) {
    ContainerFacts& facts = containers_[name];
    if (facts.id.empty()) {
      facts.identity.runtime = exporter::ContainerRuntime::kDocker;
      facts.identity.name = name;
      facts.id = name + "-1";
      facts.health = ContainerHealth::kNone;
      facts.restart_policy = RestartPolicy::kAlways;
      facts.started_unix_ms = unix_ms();
    }
    return facts;
  }
  void remove(const std::string& name) { containers_.erase(name); }

  void exit(const std::string& name, int code) {
    ContainerFacts& facts = container(name);
    facts.state = ContainerState::kExited;
    facts.exit_code = code;
    facts.exit_code_known = true;
    facts.finished_unix_ms = unix_ms();
  }
  void run_again(const std::string& name) {
    ContainerFacts& facts = container(name);
    facts.state = ContainerState::kRunning;
    facts.started_unix_ms = unix_ms();
    ++facts.restarts;
  }

  void pass(std::int64_t ms) { machine_.pass(ms); }
  // Seconds go by, each with a view and a step.
  void live(std::int64_t seconds, bool complete = true) {
    for (std::int64_t i = 0; i < seconds; ++i) {
      machine_.pass(1'000);
      look(complete);
    }
  }
  void look(bool complete = true) {
    auto view = std::make_shared<ContainerView>();
    view->as_of = machine_.now();
    view->complete = complete;
    for (const auto& [name, facts] : containers_) {
      view->containers.push_back(std::make_shared<const ContainerFacts>(facts));
    }
    view_ = view;
    step();
    if (++views_ % 5 == 0) machine_.beat();
  }
  void step() {
    source_->feed(machine_.engine(), machine_.now());
    machine_.step();
  }

  void stop() {
    machine_.stop(StopReason::kUpgrade);
    source_.reset();
  }
  void start() {
    documents_ = store_.load().documents;
    machine_.start();
    source_.emplace([this] { return view_; }, store_, documents_);
    machine_.engine().forget_history([&](const SloRow& row) { return source_->claims(row); });
    view_ = nullptr;
  }

  std::int64_t unix_ms() const { return machine_.now().real_ns / kMs; }
  Machine& machine() { return machine_; }
  ContainerSource& source() { return *source_; }
  MemoryStore& store() { return store_; }

  std::vector<Judgement> judged() { return machine_.engine().judge().slos; }
  Judgement slo(const std::string& name) {
    for (Judgement& judgement : machine_.engine().judge().slos) {
      if (judgement.spec->name == "container-" + name) return std::move(judgement);
    }
    FAIL("no objective container-" << name);
    return {};
  }
  std::int64_t seconds(const std::string& name, State state) {
    return slo(name).counters.state_ms[static_cast<std::size_t>(state)] / 1000;
  }

 private:
  Machine machine_;
  MemoryStore store_;
  std::map<std::string, ContainerFacts> containers_;
  std::vector<Document> documents_;
  std::shared_ptr<const ContainerView> view_;
  std::optional<ContainerSource> source_;
  int views_ = 0;
};

}  // namespace

TEST_CASE(
    "a running container is an objective that is up, with tickets only and two windows shown") {
  Host host;
  host.container("web");
  host.live(60);
  const Judgement web = host.slo("web");
  CHECK(web.spec->service == "web");
  CHECK(web.state == State::kUp);
  CHECK(web.window().totals.down_ms == 0);
  CHECK(web.window().totals.up_ms >= 58'000);
  CHECK(web.counters.incidents == 0);
  CHECK_FALSE(web.spec->alert_rows.empty());
  for (const AlertRow& row : web.spec->alert_rows) CHECK(row.severity == Severity::kTicket);
  CHECK(std::ranges::count_if(web.windows, [&](const WindowView& window) {
          return web.spec->is_window_shown(window.window_ms);
        }) == 2);
}

TEST_CASE("an outage is as long as the runtime's records say, to the millisecond") {
  Host host;
  host.container("web");
  host.live(60);
  host.pass(300);
  host.exit("web", 1);
  host.pass(700);
  host.look();
  CHECK(host.slo("web").state == State::kDown);
  CHECK(host.slo("web").cause == Cause::kExited);
  host.live(10);
  host.pass(100);
  host.run_again("web");
  host.pass(400);
  host.look();
  host.live(120);
  const Judgement web = host.slo("web");
  CHECK(web.state == State::kUp);
  CHECK(web.counters.incidents == 1);
  CHECK(web.window().totals.down_ms == 10'800);
  CHECK(web.incidents.mttr_seconds == doctest::Approx(10.8));
}

TEST_CASE("what happened before the judge last looked, but was seen after, is still exact") {
  Host host;
  host.container("web");
  host.live(60);
  host.pass(300);
  host.exit("web", 1);
  host.pass(300);
  host.step();
  host.run_again("web");
  host.pass(300);
  host.step();
  host.pass(100);
  host.look();
  host.live(60);
  CHECK(host.slo("web").window().totals.down_ms == 300);
}

TEST_CASE("a restart between two views is an incident, too") {
  Host host;
  host.container("web");
  host.live(60);
  host.pass(200);
  host.exit("web", 1);
  host.pass(300);
  host.run_again("web");
  host.pass(500);
  host.look();
  host.live(90);
  CHECK(host.slo("web").counters.incidents == 1);
  CHECK(host.slo("web").window().totals.down_ms == 300);
}

TEST_CASE("a container made anew goes on with the record of its name, down for the time between") {
  Host host;
  host.container("web");
  host.live(60);
  const SloId id = host.slo("web").id;
  host.remove("web");
  host.live(4);
  CHECK(host.slo("web").state == State::kDown);
  CHECK(host.slo("web").cause == Cause::kRemoved);
  host.container("web").id = "web-2";
  host.live(60);
  CHECK(host.slo("web").id == id);
  CHECK(host.slo("web").state == State::kUp);
  // Seen gone a second after it was last there, back when it started.
  CHECK(host.slo("web").window().totals.down_ms >= 3'000);
  CHECK(host.slo("web").window().totals.down_ms <= 3'002);
}

TEST_CASE("made anew between two views, it is down since it was last seen") {
  Host host;
  host.container("web");
  host.live(60);
  host.pass(400);
  host.remove("web");
  host.container("web").id = "web-2";
  host.pass(600);
  host.look();
  host.live(60);
  CHECK(host.slo("web").counters.incidents == 1);
  CHECK(host.slo("web").window().totals.down_ms >= 390);
  CHECK(host.slo("web").window().totals.down_ms <= 400);
}

TEST_CASE("a kill for want of memory is an incident, with its cause and also when it runs on") {
  Host host;
  host.container("web");
  host.container("batch");
  host.live(60);
  host.container("web").oom_kills = 1;
  host.exit("web", 137);
  host.container("batch").oom_kills = 1;
  host.live(5);
  CHECK(host.slo("web").cause == Cause::kOomKilled);
  CHECK(host.slo("batch").state == State::kUp);
  CHECK(host.slo("batch").counters.incidents == 1);
  CHECK(host.slo("batch").window().totals.down_ms == 1);
}

TEST_CASE("unhealthy is down; after a restart it is up when it is healthy, not when it runs") {
  Host host;
  host.container("web").health = ContainerHealth::kStarting;
  host.live(10);
  CHECK(host.slo("web").state == State::kUnknown);
  host.container("web").health = ContainerHealth::kHealthy;
  host.live(60);
  CHECK(host.slo("web").state == State::kUp);
  host.container("web").health = ContainerHealth::kUnhealthy;
  host.live(5);
  CHECK(host.slo("web").cause == Cause::kUnhealthy);
  host.exit("web", 1);
  host.pass(1);
  host.run_again("web");
  host.container("web").health = ContainerHealth::kStarting;
  host.live(5);
  CHECK(host.slo("web").state == State::kDown);
  host.container("web").health = ContainerHealth::kHealthy;
  host.live(5);
  CHECK(host.slo("web").state == State::kUp);
  CHECK(host.slo("web").counters.incidents == 1);
}

TEST_CASE("a healthy container that restarts between two views is down until it is healthy again") {
  Host host;
  host.container("web").health = ContainerHealth::kHealthy;
  host.live(60);
  host.exit("web", 1);
  host.pass(1);
  host.run_again("web");
  host.container("web").health = ContainerHealth::kStarting;
  host.live(5);
  CHECK(host.slo("web").state == State::kDown);
  host.container("web").health = ContainerHealth::kHealthy;
  host.live(5);
  CHECK(host.slo("web").state == State::kUp);
  CHECK(host.slo("web").window().totals.down_ms >= 5'000);
}

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
