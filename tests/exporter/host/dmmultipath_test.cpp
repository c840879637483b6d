#include "exporter/host/dmmultipath.h"

#include "tests/exporter/host/machine.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("a multipath device has paths that work or do not") {
  Machine machine("dmmultipath");
  machine.files("sys/block", {{"dm-3/dm/uuid", "mpath-36\n"},
                              {"dm-3/dm/name", "mpatha\n"},
                              {"dm-3/dm/suspended", "1\n"},
                              {"dm-3/size", "2\n"},
                              {"dm-3/slaves/sda/x", ""},
                              {"dm-3/slaves/nvme0n1/x", ""},
                              {"dm-3/slaves/sdz/x", ""},
                              {"sda/device/state", "offline\n"},
                              {"nvme0n1/device/state", "live\n"},
                              {"dm-4/dm/uuid", "LVM-1\n"}});
  machine.scrape();
  CHECK(machine.has("node_dmmultipath_device_active{device=\"mpatha\",sysfs_name=\"dm-3\"} 0"));
  CHECK(machine.has(
      "node_dmmultipath_device_size_bytes{device=\"mpatha\",sysfs_name=\"dm-3\"} 1024"));
  CHECK(machine.has("node_dmmultipath_device_paths{device=\"mpatha\",sysfs_name=\"dm-3\"} 3"));
  CHECK(
      machine.has("node_dmmultipath_device_paths_active{device=\"mpatha\",sysfs_name=\"dm-3\"} 1"));
  CHECK(machine.has(
      "node_dmmultipath_path_state{device=\"mpatha\",path=\"sdz\",state=\"unknown\"} 1"));
  CHECK(machine.samples() == 9);
}

TEST_CASE("no multipath devices are no failure, a corrupt size is") {
  Machine machine("dmmultipath");
  CHECK(machine.scrape().empty());
  CHECK(machine.result());
  machine.files("sys/block/dm-0", {{"dm/uuid", "mpath-1"}, {"size", "huge"}});
  machine.scrape(10);
  CHECK(machine.result().error().kind == ErrorKind::kParse);
}

}  // namespace
}  // namespace exporter
