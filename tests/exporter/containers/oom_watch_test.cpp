#include "exporter/containers/oom_watch.h"

#include "tests/exporter/containers/machine_tree.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

const std::string kId = container_id("a1");

std::shared_ptr<const RuntimeRecord> record(std::uint32_t process) {
  auto made = std::make_shared<RuntimeRecord>();
  made->facts.id = kId;
  made->facts.identity.name = "web";
  made->process = process;
  return made;
}

TEST_CASE("the path of a process' group is that of its version") {
  CHECK(group_path("0::/a/b\n", true) == "/a/b");
  CHECK(group_path("4:memory:/m\n0::/u\n", false) == "/m");
  CHECK(group_path("4:cpu,memory:/m\n", false) == "/m");
  CHECK(group_path("4:cpu:/m\n", false).empty());
  CHECK(group_path("0::/../x\n", true).empty());
  CHECK(group_path("nonsense\n:\n", true).empty());
}

TEST_CASE("the group of a container is the one with its id, known until the container is removed") {
  for (const CgroupVersion version : {CgroupVersion::kOne, CgroupVersion::kTwo}) {
    MachineTree machine(version);
    const std::string group = "/shop.slice/docker-" + kId + ".scope";
    machine.add_group("/shop.slice", 1);
    machine.add_group(group, 2);
    machine.add_group(group + "/init", 3);
    machine.add_process(40, group + "/init");
    FileWatch files;
    OomWatch watch(files, machine.roots(), "");
    CountLedger ledger;
    CHECK(watch.group_of(kId).empty());
    watch.follow({record(40)}, ledger, {});
    CHECK(watch.group_of(kId) == group);
    CHECK(watch.group_of(container_id("b2")).empty());
    watch.follow({record(0)}, ledger, {});  // it does not run any more
    CHECK(watch.group_of(kId) == group);
    watch.follow({}, ledger, {});
    CHECK(watch.group_of(kId).empty());
  }
}

TEST_CASE("a process that is gone, or in a group of another id, tells of no group") {
  MachineTree machine(CgroupVersion::kTwo);
  machine.add_group("/shop.slice", 1);
  machine.add_process(41, "/shop.slice");
  machine.files().write("proc/42/cgroup", "nonsense");
  FileWatch files;
  OomWatch watch(files, machine.roots(), "");
  CountLedger ledger;
  for (const std::uint32_t process : {40U, 41U, 42U}) {
    watch.follow({record(process)}, ledger, {});
    CHECK(watch.group_of(kId).empty());
  }
}

}  // namespace
}  // namespace exporter
