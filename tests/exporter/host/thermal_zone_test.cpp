#include "exporter/host/thermal_zone.h"

#include "tests/exporter/host/machine.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("thermal zones are degrees, cooling devices are steps") {
  Machine machine("thermal_zone");
  machine.files("sys/class/thermal", {{"thermal_zone0/type", "acpitz\n"},
                                      {"thermal_zone0/temp", "27850\n"},
                                      {"cooling_device12/type", "Fan\n"},
                                      {"cooling_device12/cur_state", "2\n"},
                                      {"cooling_device12/max_state", "5\n"},
                                      {"thermal_zonex/temp", "1\n"}});
  machine.scrape();
  CHECK(machine.has("node_thermal_zone_temp{type=\"acpitz\",zone=\"0\"} 27.85"));
  CHECK(machine.has("node_cooling_device_cur_state{name=\"12\",type=\"Fan\"} 2"));
  CHECK(machine.has("node_cooling_device_max_state{name=\"12\",type=\"Fan\"} 5"));
  CHECK(machine.samples() == 3);
}

TEST_CASE("a machine without thermal zones is no failure, a corrupt temperature is") {
  Machine machine("thermal_zone");
  CHECK(machine.scrape().empty());
  CHECK(machine.result());
  machine.files("sys/class/thermal",
                {{"thermal_zone0/temp", "hot"}, {"thermal_zone1/temp", "1000"}});
  machine.scrape(10);
  CHECK(machine.has("node_thermal_zone_temp{type=\"\",zone=\"1\"} 1"));
  CHECK(machine.result().error().kind == ErrorKind::kParse);
}

}  // namespace
}  // namespace exporter
