#include "exporter/host/mdadm.h"

#include "tests/exporter/host/machine.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

MdArray parse_one(std::string_view text) {
  std::vector<MdArray> arrays;
  LineErrors errors;
  parse_mdstat(text, arrays, errors);
  CHECK(errors.count() == 0);
  REQUIRE(arrays.size() == 1);
  return arrays[0];
}

TEST_CASE("an array that recovers, with a failed and a spare disk") {
  const MdArray array = parse_one(
      "Personalities : [raid6]\nmd3 : active raid6 a[0] b[7](F) c[6](S) d[5]\n"
      "      300 blocks super 1.2 level 6, 64k chunk, algorithm 2 [8/7] [UUUUUUU_]\n"
      "      [=>....]  recovery =  8.5% (100/195) finish=17.0min speed=259783K/sec\n"
      "      bitmap: 0/1 pages [0KB], 65536KB chunk\n\nunused devices: <none>\n");
  CHECK(array.device == "md3");
  CHECK(array.state == "recovering");
  CHECK(array.disks_required == 8);
  CHECK(array.disks_active == 7);
  CHECK(array.disks_failed == 1);
  CHECK(array.disks_spare == 1);
  CHECK(array.blocks == 300);
  CHECK(array.blocks_synced == 100);
}

TEST_CASE("the bitmap may stand before the progress") {
  const MdArray array = parse_one(
      "md0 : active raid1 a[0] b[1]\n      10 blocks [2/2] [UU]\n"
      "      bitmap: 0/1 pages\n      [>..] check = 1% (4/10) finish=1\n");
  CHECK(array.state == "check");
  CHECK(array.blocks_synced == 4);
}

TEST_CASE("an array that waits to be synced has nothing in sync") {
  for (const char* word : {"PENDING", "DELAYED", "REMOTE"}) {
    const std::string text =
        "md9 : active raid1 a[1] b[0]\n      10 blocks [2/2] [UU]\n      \tresync=" +
        std::string(word) + "\n";
    const MdArray array = parse_one(text);
    CHECK(array.state == "resync");
    CHECK(array.blocks_synced == 0);
  }
}

TEST_CASE("arrays without redundancy need all their disks, inactive ones none") {
  const MdArray raid0 = parse_one("md1 : active raid0 a[1] b[0]\n      10 blocks 512k chunks\n");
  CHECK(raid0.disks_required == 2);
  CHECK(raid0.disks_active == 2);
  CHECK(raid0.blocks_synced == 10);
  const MdArray inactive = parse_one("md127 : inactive a[1](S) b[0](S)\n      10 blocks super x\n");
  CHECK(inactive.state == "inactive");
  CHECK(inactive.disks_required == 0);
  CHECK(inactive.disks_spare == 2);
}

TEST_CASE("a line that cannot be read costs its array or itself") {
  std::vector<MdArray> arrays;
  LineErrors errors;
  parse_mdstat(
      "md0 : active raid1 a[0]\n      none blocks\nmd1 : weird\nmd2 : active raid0 c[0]\n"
      "      100 blocks\n      resync=SOON\nmd3 : active raid1 d[0]\n\nmd4 :\n",
      arrays, errors);
  REQUIRE(arrays.size() == 1);
  CHECK(arrays[0].device == "md2");
  CHECK(errors.count() == 5);
}

TEST_CASE("sysfs tells how many disks there are and lack") {
  Machine machine("mdadm");
  machine.file("proc/mdstat", "Personalities :\nunused devices: <none>\n");
  machine.files("sys/block", {{"md0/md/level", "raid5\n"},
                              {"md0/md/raid_disks", "11 (10)\n"},
                              {"md0/md/degraded", "1\n"},
                              {"md127/md/level", "container\n"},
                              {"md127/md/raid_disks", "2\n"},
                              {"md126/md/level", "raid1\n"},
                              {"md126/md/metadata_version", "external:imsm\n"},
                              {"md126/md/raid_disks", "2\n"}});
  machine.scrape();
  CHECK(machine.has("node_md_raid_disks{device=\"md0\"} 11"));
  CHECK(machine.has("node_md_degraded{device=\"md0\"} 1"));
  CHECK(machine.samples() == 2);
}

TEST_CASE("a machine without arrays succeeds where mdstat is, and has no data where it is not") {
  Machine machine("mdadm");
  machine.scrape();
  CHECK(machine.result().error().kind == ErrorKind::kNotFound);
  machine.file("proc/mdstat", "Personalities : \nunused devices: <none>\n");
  machine.scrape(10);
  CHECK(machine.result());
  machine.file("proc/mdstat", "md1 : weird\n");
  machine.scrape(11);
  CHECK(machine.result().error().kind == ErrorKind::kParse);
}

}  // namespace
}  // namespace exporter
