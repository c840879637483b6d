#include "exporter/host/rapl.h"

#include "tests/exporter/host/machine.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("zones give families their names, and are numbered") {
  Machine machine("rapl");
  machine.files("sys/class/powercap", {{"intel-rapl:0/name", "package-0\n"},
                                       {"intel-rapl:0/energy_uj", "2500000\n"},
                                       {"intel-rapl:0:0/name", "core\n"},
                                       {"intel-rapl:0:0/energy_uj", "1\n"},
                                       {"intel-rapl:1:0/name", "core\n"},
                                       {"intel-rapl:1:0/energy_uj", "2\n"},
                                       {"intel-rapl/enabled", "1\n"}});
  machine.scrape();
  const std::string path = machine.tree().path("sys/class/powercap/intel-rapl:");
  CHECK(machine.has("node_rapl_package_joules_total{index=\"0\",path=\"" + path + "0\"} 2.5"));
  CHECK(machine.has("node_rapl_core_joules_total{index=\"0\",path=\"" + path + "0:0\"} 0.000001"));
  CHECK(machine.has("node_rapl_core_joules_total{index=\"1\",path=\"" + path + "1:0\"} 0.000002"));
  CHECK(machine.samples() == 3);
}

TEST_CASE("zones may be a label instead") {
  Machine machine("rapl");
  machine.context().options["rapl.enable-zone-label"] = "true";
  machine.files("sys/class/powercap/z", {{"name", "dram\n"}, {"energy_uj", "1000000\n"}});
  machine.scrape();
  CHECK(machine.has("node_rapl_joules_total{index=\"0\",path=\"" +
                    machine.tree().path("sys/class/powercap/z") + "\",rapl_zone=\"dram\"} 1"));
}

TEST_CASE("no zones are no data, a corrupt count is an error") {
  Machine machine("rapl");
  machine.scrape();
  CHECK(machine.result().error().kind == ErrorKind::kNotFound);
  machine.files("sys/class/powercap/z", {{"name", "odd \"zone\"\n"}, {"energy_uj", "much\n"}});
  machine.scrape(10);
  CHECK(machine.result().error().kind == ErrorKind::kParse);
}

}  // namespace
}  // namespace exporter
