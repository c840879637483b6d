#include "exporter/host/nvme.h"

#include "tests/exporter/host/machine.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("controllers have info, namespaces have sizes in bytes") {
  Machine machine("nvme");
  machine.files("sys/class/nvme/nvme10", {{"cntlid", "5\n"},
                                          {"firmware_rev", "1.0\n"},
                                          {"model", "Disk  \n"},
                                          {"serial", "S1\n"},
                                          {"state", "live\n"},
                                          {"nvme10c2n3/size", "100\n"},
                                          {"nvme10c2n3/nuse", "7\n"},
                                          {"nvme10c2n3/queue/logical_block_size", "4096\n"},
                                          {"nvme10c2n3/ana_state", "optimized\n"},
                                          {"nvme10n/size", "1\n"},
                                          {"ng10n1/size", "1\n"}});
  machine.scrape();
  CHECK(
      machine.has("node_nvme_info{cntlid=\"5\",device=\"nvme10\",firmware_revision=\"1.0\","
                  "model=\"Disk\",serial=\"S1\",state=\"live\"} 1"));
  CHECK(machine.has("node_nvme_namespace_size_bytes{device=\"nvme10\",nsid=\"3\"} 51200"));
  CHECK(machine.has("node_nvme_namespace_used_bytes{device=\"nvme10\",nsid=\"3\"} 28672"));
  CHECK(machine.has(
      "node_nvme_namespace_info{ana_state=\"optimized\",device=\"nvme10\",nsid=\"3\"} 1"));
  CHECK(machine.samples() == 6);
}

TEST_CASE("a controller that loses its namespace keeps its info, whatever state it is in") {
  Machine machine("nvme");
  machine.files("sys/class/nvme/nvme0", {{"state", "live"}, {"nvme0n1/size", "8"}});
  machine.scrape();
  CHECK(machine.has("node_nvme_namespace_capacity_bytes{device=\"nvme0\",nsid=\"1\"} 4096"));
  machine.tree().remove("sys/class/nvme/nvme0/nvme0n1");
  machine.file("sys/class/nvme/nvme0/state", "dead");
  machine.scrape();
  CHECK(machine.samples() == 1);
  CHECK(machine.result());
}

TEST_CASE("no controllers are no data, a corrupt size is an error") {
  Machine machine("nvme");
  machine.scrape();
  CHECK(machine.result().error().kind == ErrorKind::kNotFound);
  machine.file("sys/class/nvme/nvme0/nvme0n1/size", "big");
  machine.scrape(10);
  CHECK(machine.result().error().kind == ErrorKind::kParse);
  CHECK(machine.samples() == 2);
}

}  // namespace
}  // namespace exporter
