#include "exporter/containers/follower.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <map>

#include "tests/exporter/containers/container_driver.h"
#include "tests/exporter/containers/machine_tree.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

const std::string kId = container_id("a1");

// Keeps what was told last of each, and lets a test wait for it.
class Listener final : public ContainerSink {
 public:
  void on_facts(const ContainerFacts& facts, const Moment&) override {
    change([&] { facts_[facts.identity.key()] = facts; });
  }
  void on_removed(const ContainerIdentity& identity, const Moment&) override {
    change([&] { facts_.erase(identity.key()); });
  }
  void on_beat(const Moment&) override {
    change([&] { ++beats_; });
  }

  // False when the condition does not come true within a time that only a broken program needs.
  template <class Condition>
  bool wait(Condition condition) {
    std::unique_lock guard(lock_);
    return changed_.wait_for(guard, std::chrono::seconds(60),
                             [&] { return condition(facts_, beats_); });
  }

 private:
  template <class Change>
  void change(Change make) {
    const std::lock_guard guard(lock_);
    make();
    changed_.notify_all();
  }

  std::mutex lock_;
  std::condition_variable changed_;
  std::map<std::string, ContainerFacts> facts_;
  int beats_ = 0;
};

using Known = std::map<std::string, ContainerFacts>;

TEST_CASE("the start tells everything that is there, changes come as they happen") {
  MachineTree machine(CgroupVersion::kTwo);
  machine.add_docker(kId, "web", R"({"Running":true})", "{}", "always");
  const SystemClock clock;
  Listener listener;  // outlives who speaks to it
  ContainerFollower follower({.roots = machine.roots()}, clock);
  follower.add_sink(listener);
  follower.start();
  CHECK(listener.wait([](const Known& known, int beats) {
    return known.size() == 1 && known.at("web").state == ContainerState::kRunning &&
           known.at("web").restart_policy == RestartPolicy::kAlways && beats > 0;
  }));
  machine.add_docker(kId, "web", R"({"Running":true,"Health":{"Status":"unhealthy"}})");
  CHECK(listener.wait([](const Known& known, int) {
    return known.at("web").health == ContainerHealth::kUnhealthy;
  }));
  machine.add_docker(kId, "web",
                     R"({"ExitCode":3,"StartedAt":"2026-11-25T20:57:37Z",)"
                     R"("FinishedAt":"2026-11-25T20:57:38Z"})");
  CHECK(listener.wait([](const Known& known, int) {
    return known.at("web").state == ContainerState::kExited && known.at("web").exit_code == 3;
  }));
  machine.files().remove("var/lib/docker/containers/" + kId);
  CHECK(listener.wait([](const Known& known, int) { return known.empty(); }));
}

TEST_CASE("a runtime that is installed later is found at the next beat") {
  MachineTree machine(CgroupVersion::kTwo);
  const SystemClock clock;
  Listener listener;  // outlives who speaks to it
  ContainerFollower follower({.roots = machine.roots()}, clock);
  follower.add_sink(listener);
  CHECK(follower.view()->complete);
  follower.start();
  machine.add_docker(kId, "web", R"({"Running":true})");
  CHECK(listener.wait([](const Known& known, int) { return known.contains("web"); }));
}

TEST_CASE("Docker's files are where its configuration says, unless a flag does, and in homes") {
  MachineTree machine(CgroupVersion::kTwo);
  machine.add_docker(kId, "web", R"({"Running":true})");
  const auto move_to = [&](const std::string& place, const std::string& id) {
    std::filesystem::create_directories(machine.files().path(place));
    std::filesystem::rename(machine.files().path("var/lib/docker/containers/" + id),
                            machine.files().path(place + "/" + id));
  };
  move_to("srv/docker/containers", kId);
  const std::string own = container_id("b2");
  machine.add_docker(own, "mine", R"({"Running":true})");
  move_to("home/ada/.local/share/docker/containers", own);
  const SystemClock clock;
  const auto names = [&](const std::string& root) {
    const ContainerFollower follower({.roots = machine.roots(), .docker_root = root}, clock);
    std::string all;
    for (const auto& facts : follower.view()->containers) all += facts->identity.name + " ";
    return all;
  };
  CHECK(names("/var/lib/docker") == "mine ");
  CHECK(names("/srv/docker") == "mine web ");
  machine.files().write("etc/docker/daemon.json", R"({"debug":true,"data-root":"/srv/docker"})");
  CHECK(names("/var/lib/docker") == "mine web ");
  CHECK(names("/elsewhere") == "mine ");
  for (const char* text : {"", "{\"data-root\":", R"({"data-root":7})", R"({"data-root":"srv"})"}) {
    machine.files().write("etc/docker/daemon.json", text);
    CHECK(names("/var/lib/docker") == "mine ");
  }
}

TEST_CASE("a renamed container is another one") {
  MachineTree machine(CgroupVersion::kTwo);
  machine.add_docker(kId, "old", R"({"Running":true})");
  const SystemClock clock;
  Listener listener;  // outlives who speaks to it
  ContainerFollower follower({.roots = machine.roots()}, clock);
  follower.add_sink(listener);
  follower.start();
  machine.add_docker(kId, "new", R"({"Running":true})");
  CHECK(listener.wait(
      [](const Known& known, int) { return known.contains("new") && !known.contains("old"); }));
}

TEST_CASE("containerd's containers come and go with their bundles") {
  MachineTree machine(CgroupVersion::kTwo);
  std::filesystem::create_directories(
      machine.files().path("run/containerd/io.containerd.runtime.v2.task/k8s.io"));
  const SystemClock clock;
  Listener listener;  // outlives who speaks to it
  ContainerFollower follower({.roots = machine.roots()}, clock);
  follower.add_sink(listener);
  follower.start();
  machine.add_cri(kId, "app", "shop", "prod", false, 40);
  CHECK(listener.wait([](const Known& known, int) {
    return known.contains("prod/shop/app") &&
           known.at("prod/shop/app").image == "registry.example/app:2";
  }));
  machine.files().remove("run/containerd/io.containerd.runtime.v2.task/k8s.io/" + kId);
  CHECK(listener.wait([](const Known& known, int) { return known.empty(); }));
}

TEST_CASE("podman's containers are named by the list, run by their process, and end with a code") {
  MachineTree machine(CgroupVersion::kTwo);
  const std::string graph = "var/lib/containers/storage/overlay-containers/";
  const std::string run = "run/containers/storage/overlay-containers/" + kId + "/userdata/";
  machine.files().write("run/libpod/exits/none", "");
  machine.files().write(graph + "containers.json",
                        "[{\"id\":\"" + kId + "\",\"names\":[\"web\"],\"metadata\":\"{}\"}]");
  machine.files().write(graph + kId + "/userdata/config.json",
                        R"({"annotations":{"io.container.manager":"libpod"}})");
  machine.add_group("/machine.slice", 1);
  const std::string group = "/machine.slice/libpod-" + kId + ".scope";
  machine.add_group(group, 2);
  machine.add_process(40, group);
  const SystemClock clock;
  Listener listener;  // outlives who speaks to it
  ContainerFollower follower({.roots = machine.roots()}, clock);
  follower.add_sink(listener);
  follower.start();
  CHECK(listener.wait([](const Known& known, int) {
    return known.contains("web") && known.at("web").state == ContainerState::kCreated &&
           known.at("web").identity.runtime == ContainerRuntime::kPodman;
  }));
  machine.files().write(run + "pidfile", "40");
  CHECK(listener.wait(
      [](const Known& known, int) { return known.at("web").state == ContainerState::kRunning; }));
  machine.files().remove("proc/40");
  machine.files().write("run/libpod/exits/" + kId, "7");
  CHECK(listener.wait([](const Known& known, int) {
    const ContainerFacts& facts = known.at("web");
    return facts.state == ContainerState::kExited && facts.exit_code == 7 &&
           facts.exit_code_known && facts.finished_unix_ms > 0;
  }));
}

TEST_CASE("LXC, libvirt and nspawn are known by their control groups") {
  for (const CgroupVersion version : {CgroupVersion::kOne, CgroupVersion::kTwo}) {
    MachineTree machine(version);
    machine.add_group("/lxc.payload.box", 2);
    const SystemClock clock;
    Listener listener;  // outlives who speaks to it
    ContainerFollower follower({.roots = machine.roots()}, clock);
    follower.add_sink(listener);
    follower.start();
    CHECK(listener.wait([](const Known& known, int) {
      return known.contains("box") && known.at("box").identity.runtime == ContainerRuntime::kLxc &&
             known.at("box").group == "/lxc.payload.box";
    }));
    machine.add_group("/machine.slice", 2);
    machine.add_group("/machine.slice/systemd-nspawn@guest.service", 2);
    CHECK(listener.wait([](const Known& known, int) { return known.contains("guest"); }));
    machine.remove_group("/lxc.payload.box");
    CHECK(listener.wait([](const Known& known, int) { return !known.contains("box"); }));
  }
}

TEST_CASE("an OOM kill is told without a scrape") {
  MachineTree machine(CgroupVersion::kTwo);
  machine.add_group("/docker", 1);
  const std::string group = "/docker/" + kId;
  machine.add_group(group, 3);
  machine.add_process(40, group);
  machine.add_docker(kId, "web", R"({"Running":true,"Pid":40})", R"({"tier":"db"})");
  const SystemClock clock;
  Listener listener;  // outlives who speaks to it
  ContainerFollower follower({.roots = machine.roots()}, clock);
  follower.add_sink(listener);
  follower.start();
  CHECK(listener.wait([&](const Known& known, int) {
    return known.contains("web") && known.at("web").group == group &&
           known.at("web").labels == ContainerLabels{{"tier", "db"}};
  }));
  machine.write("", group, "memory.events", "oom_kill 2\n");
  CHECK(listener.wait([](const Known& known, int) { return known.at("web").oom_kills == 2; }));
}

TEST_CASE("what a name has counted is kept, and goes on with the next follower") {
  MachineTree machine(CgroupVersion::kTwo);
  machine.add_group("/docker", 1);
  const std::string group = "/docker/" + kId;
  machine.add_group(group, 5);  // 2 kills
  machine.add_process(40, group);
  machine.add_docker(kId, "web", R"({"Running":true,"Pid":40})");
  const SystemClock clock;
  std::vector<std::string> kept;
  const auto keep = [&kept](auto changes) {
    kept.clear();
    for (const auto& [key, text] : changes) {
      if (text) kept.push_back(*text);
    }
  };
  {
    ContainerFollower follower({.roots = machine.roots()}, clock);
    follower.keep_counts({}, keep);
    CHECK(follower.ledger().kills("web") == 2);
  }
  REQUIRE(kept.size() == 1);
  machine.write("", group, "memory.events", "oom_kill 3\n");
  ContainerFollower again({.roots = machine.roots()}, clock);
  again.keep_counts({kept.front(), "nonsense"}, keep);
  CHECK(again.ledger().kills("web") == 3);
  CHECK(again.view()->containers.at(0)->oom_kills == 3);
}

TEST_CASE("a kill that Docker alone remembers counts once") {
  MachineTree machine(CgroupVersion::kOne);
  machine.add_group("/docker", 3);
  const std::string group = "/docker/" + kId;
  machine.add_group(group, 3);
  machine.add_process(40, group);
  machine.add_docker(kId, "web", R"({"Running":true,"Pid":40})");
  const SystemClock clock;
  Listener listener;  // outlives who speaks to it
  ContainerFollower follower({.roots = machine.roots()}, clock);
  follower.add_sink(listener);
  follower.start();
  machine.add_docker(kId, "web",
                     R"({"OOMKilled":true,"ExitCode":137,"StartedAt":"2026-11-25T20:57:37Z"})");
  CHECK(listener.wait([](const Known& known, int) {
    return known.contains("web") && known.at("web").oom_kills == 1;
  }));
}

// A kernel's log of the test's own.
struct Log {
  explicit Log(const MachineTree& machine) : path(machine.roots().procfs + "/kmsg") {
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    pipe = FileDescriptor(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    REQUIRE(pipe);
  }
  void tell_of_kill(const std::string& group) {
    const std::string line = "6," + std::to_string(++sequence) +
                             ",120859,-;oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=" + group +
                             ",task_memcg=" + group + ",task=tail,pid=30157,uid=0\n";
    REQUIRE(::write(pipe.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size()));
  }

  const std::string path;
  FileDescriptor pipe;
  int sequence = 4711;
};

TEST_CASE("kills of which only the kernel's log is left count once") {
  MachineTree machine(CgroupVersion::kOne);
  Log log(machine);
  machine.add_group("/docker", 3);
  const std::string group = "/docker/" + kId;
  machine.add_group(group, 3);
  machine.add_process(40, group);
  const char* running = R"({"Running":true,"Pid":40,"StartedAt":"2026-11-25T20:57:36Z"})";
  const char* killed =
      R"({"OOMKilled":true,"ExitCode":137,"StartedAt":"2026-11-25T20:57:36Z","FinishedAt":"2026-11-25T20:57:37Z"})";
  const SystemClock clock;
  Listener listener;  // outlives who speaks to it
  const auto is_killed = [&listener](std::uint64_t kills) {
    return listener.wait([kills](const Known& known, int) {
      return known.contains("web") && known.at("web").oom_kills == kills;
    });
  };
  ContainerFollower follower({.roots = machine.roots(), .kernel_log = log.path}, clock);
  follower.add_sink(listener);
  SUBCASE("the group was read at two kills, and the third took it away") {
    machine.add_docker(kId, "web", running);
    follower.start();
    REQUIRE(is_killed(0));
    machine.write("memory", group, "memory.oom_control", "oom_kill 2\n");
    log.tell_of_kill(group);
    log.tell_of_kill(group + "/below");
    CHECK(is_killed(2));
    machine.remove_group(group);
    log.tell_of_kill(group);
    machine.add_docker(kId, "web", killed);
    CHECK(is_killed(3));
  }
  SUBCASE("it was over before the runtime told of it") {
    follower.start();
    log.tell_of_kill(group);
    log.tell_of_kill("/docker/" + container_id("b2"));
    machine.remove_group(group);
    machine.add_docker(kId, "web", killed);
    CHECK(is_killed(1));
  }
  SUBCASE("the counter has what the log told before the runtime did") {
    machine.write("memory", group, "memory.oom_control", "oom_kill 1\n");
    follower.start();
    log.tell_of_kill(group);
    machine.add_docker(kId, "web", running);
    REQUIRE(is_killed(1));
    machine.remove_group(group);
    machine.add_docker(kId, "web", killed);
    CHECK(listener.wait([](const Known& known, int) {
      return known.at("web").state == ContainerState::kExited && known.at("web").oom_kills == 1;
    }));
  }
}

TEST_CASE("a kernel's log that may not be read is none") {
  MachineTree machine(CgroupVersion::kTwo);
  machine.add_docker(kId, "web", R"({"Running":true})");
  const SystemClock clock;
  ContainerFollower follower({.roots = machine.roots(), .kernel_log = "/nowhere"}, clock);
  follower.start();
  CHECK(follower.view()->containers.size() == 1);
}

TEST_CASE("of two containers of one identity the running speaks, then the later") {
  Roster roster;
  const auto add = [&](const char* id, ContainerState state, std::int64_t started) {
    auto record = std::make_shared<RuntimeRecord>();
    record->facts.id = id;
    record->facts.identity.name = "web";
    record->facts.state = state;
    record->facts.started_unix_ms = started;
    roster.records.push_back(record);
  };
  const CountLedger ledger;
  const auto speaker = [&] {
    const auto facts = facts_of(roster, ledger, [](const std::string& id) { return "/" + id; });
    REQUIRE(facts.size() == 1);
    CHECK(facts[0]->group == "/" + facts[0]->id);
    return facts[0]->id;
  };
  add("1", ContainerState::kExited, 100);
  add("2", ContainerState::kExited, 200);
  CHECK(speaker() == "2");
  add("3", ContainerState::kRunning, 50);
  CHECK(speaker() == "3");
}

}  // namespace
}  // namespace exporter
