#include "exporter/containers/kernel_log.h"

#include <filesystem>

#include "exporter/containers/oom_watch.h"
#include "tests/exporter/containers/machine_tree.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

constexpr std::string_view kLine =
    "6,4711,37955120859,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=c1,"
    "mems_allowed=0,oom_memcg=/docker,task_memcg=/docker/c1,task=tail,pid=30157,uid=0";

TEST_CASE("a kill is told with the group of its task and the number of its record") {
  const auto kill = parse_oom_kill(kLine);
  REQUIRE(kill);
  CHECK(kill->group == "/docker/c1");
  CHECK(kill->sequence == 4711);
}

TEST_CASE("what is no kill, or was not told by the kernel, is none") {
  const auto changed = [](std::string_view from, std::string_view to) {
    std::string line(kLine);
    return line.replace(line.find(from), from.size(), to);
  };
  CHECK(parse_oom_kill(changed("4711", "4711")));
  CHECK_FALSE(parse_oom_kill(changed("6,", "14,")));  // facility 1: a program
  CHECK_FALSE(parse_oom_kill(changed("6,", "x,")));
  CHECK_FALSE(parse_oom_kill(changed("4711", "")));
  CHECK_FALSE(parse_oom_kill(changed(";", ",")));
  CHECK_FALSE(parse_oom_kill(changed(";", ";oom-kill invoked ")));
  CHECK_FALSE(parse_oom_kill(changed("task_memcg", "memcg")));
  CHECK_FALSE(parse_oom_kill(" SUBSYSTEM=memory"));
  CHECK_FALSE(parse_oom_kill(""));
}

TEST_CASE("a task cannot name another group by the name it gives itself") {
  std::string line(kLine);
  line.replace(line.find("tail"), 4, ",task_memcg=/x,");
  CHECK(parse_oom_kill(line)->group == "/docker/c1");
}

TEST_CASE("a group is that of the container whose id is a part of its path") {
  const std::string id = container_id("a1");
  CHECK(is_group_of("/docker/" + id, id));
  CHECK(is_group_of("/system.slice/docker-" + id + ".scope", id));
  CHECK(is_group_of("/machine.slice/libpod-" + id + ".scope/container", id));
  CHECK(is_group_of("/kubepods.slice:cri-containerd:" + id, id));
  CHECK_FALSE(is_group_of("/docker/" + container_id("b2"), id));
  CHECK_FALSE(is_group_of("/default/redis10", "redis1"));
  CHECK(is_group_of("/default/redis10/redis1", "redis1"));
  CHECK(is_group_of("/lxc.payload.box/init.scope", "/lxc.payload.box"));
  CHECK_FALSE(is_group_of("/lxc.payload.box2", "/lxc.payload.box"));
  CHECK_FALSE(is_group_of("/docker", ""));
}

}  // namespace
}  // namespace exporter
