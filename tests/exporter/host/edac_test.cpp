#include "exporter/host/edac.h"

#include "tests/exporter/host/machine.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("memory errors are counted by controller, row and channel") {
  Machine machine("edac");
  machine.files("sys/devices/system/edac/mc",
                {{"mc1/ce_count", "5\n"},
                 {"mc1/ue_noinfo_count", "2\n"},
                 {"mc1/csrow3/ue_count", "7\n"},
                 {"mc1/csrow3/ch0_ce_count", "1\n"},
                 {"mc1/csrow3/ch0_ue_count", "4\n"},
                 {"mc1/csrow3/ch0_dimm_label", "mc#1csrow#3channel#0"},
                 {"mc1/csrow3/chx_ce_count", "9\n"},
                 {"mcx/ce_count", "9\n"}});
  machine.scrape();
  CHECK(machine.has("node_edac_correctable_errors_total{controller=\"1\"} 5"));
  CHECK(
      machine.has("node_edac_csrow_uncorrectable_errors_total{controller=\"1\",csrow=\"unknown\"} "
                  "2"));
  CHECK(machine.has("node_edac_csrow_uncorrectable_errors_total{controller=\"1\",csrow=\"3\"} 7"));
  CHECK(
      machine.has("node_edac_channel_uncorrectable_errors_total{channel=\"0\",controller=\"1\","
                  "csrow=\"3\",dimm_label=\"mc1_csrow3_channel0\"} 4"));
  CHECK(machine.samples() == 5);
}

TEST_CASE("no memory controllers are no failure, a corrupt count is") {
  Machine machine("edac");
  CHECK(machine.scrape().empty());
  CHECK(machine.result());
  machine.file("sys/devices/system/edac/mc/mc0/ce_count", "many\n");
  machine.scrape(10);
  CHECK(machine.result().error().kind == ErrorKind::kParse);
}

}  // namespace
}  // namespace exporter
