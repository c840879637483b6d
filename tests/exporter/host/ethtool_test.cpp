#include "exporter/host/ethtool.h"

#include <sys/socket.h>

#include "tests/exporter/host/driven.h"
#include "tests/exporter/host/ethtool_answers.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

HostContext on(const test::TempTree& tree, std::map<std::string, test::EthtoolAnswers> devices) {
  HostContext context = make_host_context({.sysfs = tree.root()});
  context.ioctl = test::driven_by(std::move(devices));
  return context;
}

TEST_CASE("names of statistics become names of metrics") {
  const auto check = [](std::string_view from, std::string_view to) {
    CHECK(ethtool_metric_name(from) == to);
  };
  check("rx_bytes", "received_bytes_total");
  check("tx_dropped", "transmitted_dropped");
  check("Tx-Queue[0]  drops", "transmitted_queue_0_drops");
  check("queue_0_rx", "queue_0_received");
  check("_[x]_", "x_");
  check("prx_txs", "prx_txs");
  check("rx_rx_a", "received_rx_a");
  check("tx", "transmitted");
  check("\xff\n", "");
}

TEST_CASE("a driver gives its name, its statistics and what its link can") {
  test::TempTree tree;
  tree.write("class/net/eth0/mtu", "");
  Driven ethtool(
      on(tree,
         {{"eth0",
           {.driver = "virtio_net",
            .names = {"rx_bytes", "a-b", "a_b", "tx drops"},
            .values = {1, 2, 3, 4},
            .supported = {ETHTOOL_LINK_MODE_1000baseT_Full_BIT, ETHTOOL_LINK_MODE_10baseT_Half_BIT,
                          ETHTOOL_LINK_MODE_TP_BIT, ETHTOOL_LINK_MODE_Autoneg_BIT},
            .advertised = {ETHTOOL_LINK_MODE_10000baseSR_Full_BIT, ETHTOOL_LINK_MODE_Pause_BIT},
            .autonegotiates = true}}}),
      "ethtool");
  const std::string expected =
      "node_ethtool_info{bus_info=\"0000:00:03.0\",device=\"eth0\",driver=\"virtio_net\","
      "expansion_rom_version=\"\",firmware_version=\"\",version=\"1.0.0\"} 1\n"
      "node_ethtool_received_bytes_total{device=\"eth0\"} 1\n"
      "node_ethtool_transmitted_drops{device=\"eth0\"} 4\n"
      "node_network_supported_port_info{device=\"eth0\",type=\"TP\"} 1\n"
      "node_network_autonegotiate{device=\"eth0\"} 1\n"
      "node_network_supported_speed_bytes{device=\"eth0\",duplex=\"half\",mode=\"10baseT\"} "
      "1250000\n"
      "node_network_supported_speed_bytes{device=\"eth0\",duplex=\"full\",mode=\"1000baseT\"} "
      "125000000\n"
      "node_network_autonegotiate_supported{device=\"eth0\"} 1\n"
      "node_network_pause_supported{device=\"eth0\"} 0\n"
      "node_network_asymmetricpause_supported{device=\"eth0\"} 0\n"
      "node_network_advertised_speed_bytes{device=\"eth0\",duplex=\"full\",mode=\"10000baseSR\"} "
      "1250000000\n"
      "node_network_autonegotiate_advertised{device=\"eth0\"} 0\n"
      "node_network_pause_advertised{device=\"eth0\"} 1\n"
      "node_network_asymmetricpause_advertised{device=\"eth0\"} 0\n";
  CHECK(ethtool.scrape() == expected);
  CHECK(ethtool.scrape() == expected);
  CHECK(ethtool.result());
}

TEST_CASE("interfaces come and go; one that knows nothing or is gone gives nothing") {
  test::TempTree tree;
  HostContext context = on(tree, {{"eth0", {.driver = "a", .names = {"x"}, .values = {1}}},
                                  {"eth1", {.driver = "b", .names = {"x"}, .values = {2}}},
                                  {"lo", {.error = EOPNOTSUPP}}});
  Driven ethtool(context, "ethtool");
  CHECK(ethtool.error() == ErrorKind::kNotFound);
  for (const char* name : {"eth0", "gone", "lo"}) {
    tree.write("class/net/" + std::string(name) + "/mtu", "");
  }
  const std::string one = ethtool.scrape();
  CHECK(one.find("node_ethtool_x{device=\"eth0\"} 1\n") != std::string::npos);
  CHECK(one.find("gone") == std::string::npos);
  CHECK(ethtool.result());
  tree.write("class/net/eth1/mtu", "");
  CHECK(ethtool.scrape().find("node_ethtool_x{device=\"eth1\"} 2\n") != std::string::npos);
  tree.remove("class/net/eth0");
  CHECK(ethtool.scrape().find("eth0") == std::string::npos);
  context.options = {{"ethtool.device-exclude", "eth"}};
  CHECK(Driven(context, "ethtool").scrape().empty());
  context.options = {{"ethtool.metrics-include", "^y$"}};
  CHECK(Driven(context, "ethtool").scrape().find("node_ethtool_x") == std::string::npos);
  context.options = {{"ethtool.metrics-include", "("}};
  CHECK_FALSE(Driven(context, "ethtool").was_made());
}

TEST_CASE("a driver's error is one of its interface only") {
  test::TempTree tree;
  tree.write("class/net/bad/mtu", "");
  tree.write("class/net/good/mtu", "");
  Driven ethtool(on(tree, {{"bad", {.error = EIO}}, {"good", {.driver = "ok"}}}), "ethtool");
  CHECK(ethtool.scrape().find("device=\"good\"") != std::string::npos);
  CHECK(ethtool.error() == ErrorKind::kIo);
}

}  // namespace
}  // namespace exporter
