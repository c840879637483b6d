#include "exporter/host/infiniband.h"

#include "tests/exporter/host/machine.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("ports have states, rates and counters, data in bytes") {
  Machine machine("infiniband");
  machine.context().options["infiniband.device-exclude"] = "^hfi";
  machine.files("sys/class/infiniband", {{"mlx5_0/board_id", "B1\n"},
                                         {"mlx5_0/ports/1/state", "4: ACTIVE\n"},
                                         {"mlx5_0/ports/1/rate", "2.5 Gb/sec (1X)\n"},
                                         {"mlx5_0/ports/1/counters/port_rcv_data", "10\n"},
                                         {"mlx5_0/ports/1/counters/symbol_error", "N/A (no PMA)\n"},
                                         {"mlx5_0/ports/1/hw_counters/lifespan", "2500\n"},
                                         {"mlx5_0/ports/1/counters_ext/port_xmit_data_64", "3\n"},
                                         {"hfi1_0/ports/1/state", "4: ACTIVE\n"}});
  machine.scrape();
  CHECK(
      machine.has("node_infiniband_info{board_id=\"B1\",device=\"mlx5_0\",firmware_version=\"\","
                  "hca_type=\"\"} 1"));
  CHECK(machine.has("node_infiniband_state_id{device=\"mlx5_0\",port=\"1\"} 4"));
  CHECK(
      machine.has("node_infiniband_rate_bytes_per_second{device=\"mlx5_0\",port=\"1\"} 312500000"));
  CHECK(machine.has(
      "node_infiniband_port_data_received_bytes_total{device=\"mlx5_0\",port=\"1\"} 40"));
  CHECK(machine.has("node_infiniband_lifespan_seconds{device=\"mlx5_0\",port=\"1\"} 2"));
  CHECK(machine.has(
      "node_infiniband_legacy_data_transmitted_bytes_total{device=\"mlx5_0\",port=\"1\"} 12"));
  CHECK(machine.samples() == 6);
}

TEST_CASE("no devices are no data, corrupt files are errors") {
  Machine machine("infiniband");
  machine.scrape();
  CHECK(machine.result().error().kind == ErrorKind::kNotFound);
  machine.files("sys/class/infiniband/a/ports/1",
                {{"rate", "fast\n"}, {"state", "ACTIVE\n"}, {"counters/symbol_error", "x\n"}});
  machine.scrape(10);
  CHECK(machine.samples() == 1);
  CHECK(machine.result().error().kind == ErrorKind::kParse);
}

}  // namespace
}  // namespace exporter
