#include "exporter/host/powersupplyclass.h"

#include "tests/exporter/host/machine.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("a battery has numbers in whole units and the info that is not empty") {
  Machine machine("powersupplyclass");
  machine.context().options["powersupply.ignored-supplies"] = "^AC";
  machine.files("sys/class/power_supply", {{"BAT0/charge_now", "1920000\n"},
                                           {"BAT0/capacity", "81\n"},
                                           {"BAT0/temp", "-32\n"},
                                           {"BAT0/current_now", "-1500000\n"},
                                           {"BAT0/time_to_empty_now", "5400\n"},
                                           {"BAT0/status", "Discharging\n"},
                                           {"BAT0/model_name", "\n"},
                                           {"BAT0/current_avg", "1\n"},
                                           {"AC/online", "1\n"}});
  machine.scrape();
  CHECK(machine.has("node_power_supply_charge_ampere{power_supply=\"BAT0\"} 1.92"));
  CHECK(machine.has("node_power_supply_capacity{power_supply=\"BAT0\"} 81"));
  CHECK(machine.has("node_power_supply_temp_celsius{power_supply=\"BAT0\"} -3.2"));
  CHECK(machine.has("node_power_supply_current_ampere{power_supply=\"BAT0\"} -1.5"));
  CHECK(machine.has("node_power_supply_time_to_empty_seconds{power_supply=\"BAT0\"} 5400"));
  CHECK(machine.has("node_power_supply_info{power_supply=\"BAT0\",status=\"Discharging\"} 1"));
  CHECK(machine.samples() == 6);
}

TEST_CASE("no supplies are no data, a corrupt number is an error") {
  Machine machine("powersupplyclass");
  machine.scrape();
  CHECK(machine.result().error().kind == ErrorKind::kNotFound);
  machine.file("sys/class/power_supply/BAT0/capacity", "full");
  machine.scrape(10);
  CHECK(machine.result().error().kind == ErrorKind::kParse);
}

}  // namespace
}  // namespace exporter
