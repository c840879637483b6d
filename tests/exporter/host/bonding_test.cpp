#include "exporter/host/bonding.h"

#include "tests/exporter/host/machine.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("slaves are counted, and those whose link is up") {
  Machine machine("bonding");
  machine.files("sys/class/net", {{"bonding_masters", "bond0\n"},
                                  {"bond0/bonding/slaves", "eth0 eth1 eth2\n"},
                                  {"bond0/lower_eth0/bonding_slave/mii_status", "up\n"},
                                  {"bond0/slave_eth1/bonding_slave/mii_status", "up\n"},
                                  {"bond0/lower_eth2/bonding_slave/mii_status", "down\n"}});
  machine.scrape();
  CHECK(machine.has("node_bonding_slaves{master=\"bond0\"} 3"));
  CHECK(machine.has("node_bonding_active{master=\"bond0\"} 2"));
  machine.file("sys/class/net/bond0/lower_eth0/bonding_slave/mii_status", "going down\n");
  machine.scrape();
  CHECK(machine.has("node_bonding_active{master=\"bond0\"} 1"));
}

TEST_CASE("a slave that is added and a bond that is added are noticed") {
  Machine machine("bonding");
  machine.files("sys/class/net", {{"bonding_masters", "bond0\n"}, {"bond0/bonding/slaves", "a\n"}});
  machine.scrape();
  CHECK(machine.has("node_bonding_slaves{master=\"bond0\"} 1"));
  machine.files("sys/class/net",
                {{"bonding_masters", "bond0 bond1\n"}, {"bond0/bonding/slaves", "a b\n"}});
  machine.scrape();
  CHECK(machine.has("node_bonding_slaves{master=\"bond0\"} 2"));
  CHECK(machine.has("node_bonding_slaves{master=\"bond1\"} 0"));
}

TEST_CASE("a machine without bonds has no data") {
  Machine machine("bonding");
  machine.file("sys/class/net/eth0/operstate", "up\n");
  machine.scrape();
  CHECK(machine.result().error().kind == ErrorKind::kNotFound);
}

}  // namespace
}  // namespace exporter
