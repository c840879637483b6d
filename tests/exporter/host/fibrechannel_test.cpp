#include "exporter/host/fibrechannel.h"

#include "tests/exporter/host/machine.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("an adapter's names lose their 0x, counts it does not have are left out") {
  Machine machine("fibrechannel");
  machine.files("sys/class/fc_host/host7", {{"port_name", "0x2100\n"},
                                            {"port_state", "Online\n"},
                                            {"statistics/tx_frames", "0x64\n"},
                                            {"statistics/rx_frames", "17\n"},
                                            {"statistics/nos_count", "0xffffffffffffffff\n"}});
  machine.scrape();
  CHECK(machine.has("node_fibrechannel_tx_frames_total{fc_host=\"host7\"} 100"));
  CHECK(machine.has("node_fibrechannel_rx_frames_total{fc_host=\"host7\"} 17"));
  CHECK(
      machine.has("node_fibrechannel_info{dev_loss_tmo=\"\",fabric_name=\"\",fc_host=\"host7\","
                  "port_id=\"\",port_name=\"2100\",port_state=\"Online\",port_type=\"\",speed=\"\","
                  "supported_classes=\"\",supported_speeds=\"\",symbolic_name=\"\"} 1"));
  CHECK(machine.samples() == 3);
}

TEST_CASE("no adapters are no data, a corrupt count is an error") {
  Machine machine("fibrechannel");
  machine.scrape();
  CHECK(machine.result().error().kind == ErrorKind::kNotFound);
  machine.file("sys/class/fc_host/host0/statistics/tx_frames", "0xzz\n");
  machine.scrape(10);
  CHECK(machine.result().error().kind == ErrorKind::kParse);
}

}  // namespace
}  // namespace exporter
