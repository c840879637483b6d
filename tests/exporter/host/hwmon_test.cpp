#include "exporter/host/hwmon.h"

#include <filesystem>

#include "exporter/host/hwmon_names.h"
#include "tests/exporter/host/machine.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("a file is a sensor's type, number and property") {
  const auto check = [](const char* file, const char* type, const char* sensor,
                        const char* property) {
    const auto parsed = parse_sensor_file(file);
    REQUIRE_MESSAGE(parsed, file);
    CHECK(parsed->type == type);
    CHECK(parsed->sensor == sensor);
    CHECK(parsed->property == property);
  };
  check("temp12_crit_alarm", "temp", "temp12", "crit_alarm");
  check("pwm1", "pwm", "pwm1", "");
  check("update_interval", "update_interval", "update_interval0", "");
  check("in0_input", "in", "in0", "input");
  for (const char* file : {"name", "temp1x", "temp1_", "uevent", "device", "", "1_input"}) {
    CHECK_FALSE(parse_sensor_file(file));
  }
}

TEST_CASE("the name of a family says the unit") {
  const auto name = [](const char* file, bool bare = false) {
    return sensor_family(*parse_sensor_file(file), bare).name;
  };
  CHECK(name("temp1_input") == "node_hwmon_temp_celsius");
  CHECK(name("temp1_crit_alarm") == "node_hwmon_temp_crit_alarm_celsius");
  CHECK(name("temp1_type") == "node_hwmon_temp_type");
  CHECK(name("temp1_fault") == "node_hwmon_temp_fault");
  CHECK(name("in1_beep") == "node_hwmon_in_beep_enabled");
  CHECK(name("in1_max") == "node_hwmon_in_max_volts");
  CHECK(name("cpu0_vid") == "node_hwmon_cpu_vid_volts");
  CHECK(name("curr1_input") == "node_hwmon_curr_amps");
  CHECK(name("energy1_input") == "node_hwmon_energy_joule_total");
  CHECK(name("power1_average") == "node_hwmon_power_average_watt");
  CHECK(name("power1_accuracy") == "node_hwmon_power_accuracy");
  CHECK(name("power1_average_interval_max") == "node_hwmon_power_average_interval_max_seconds");
  CHECK(name("humidity1_input") == "node_hwmon_humidity");
  CHECK(name("fan1_input") == "node_hwmon_fan_rpm");
  CHECK(name("fan1_input", true) == "node_hwmon_fan_input_rpm");
  CHECK(name("fan1_pulses") == "node_hwmon_fan_pulses");
  CHECK(name("pwm1") == "node_hwmon_pwm");
  CHECK(name("vrm") == "node_hwmon_voltage_regulator_version");
  CHECK(name("beep_enable") == "node_hwmon_beep_enabled");
  CHECK(name("update_interval") == "node_hwmon_update_interval_seconds");
}

TEST_CASE("names are lower case, other bytes become _, none at the ends") {
  CHECK(clean_hwmon_name("Package id 0") == "package_id_0");
  CHECK(clean_hwmon_name("__é:x\n") == ":x");
  CHECK(clean_hwmon_name("é").empty());
}

TEST_CASE("a chip is called by its place, else its name, else its number") {
  Machine machine("hwmon");
  machine.files("sys", {{"devices/pci/0000:01/hwmon/hwmon0/temp1_input", "45500\n"},
                        {"class/hwmon/hwmon1/name", "Some Chip\n"},
                        {"class/hwmon/hwmon1/fan1_input", "900\n"},
                        {"class/hwmon/hwmon2/fan1_input", "800\n"}});
  const std::filesystem::path sys = machine.tree().path("sys");
  std::filesystem::create_symlink("../..", sys / "devices/pci/0000:01/hwmon/hwmon0/device");
  std::filesystem::create_symlink("../../devices/pci/0000:01/hwmon/hwmon0",
                                  sys / "class/hwmon/hwmon0");
  machine.scrape();
  CHECK(machine.has("node_hwmon_temp_celsius{chip=\"pci_0000:01\",sensor=\"temp1\"} 45.5"));
  CHECK(machine.has("node_hwmon_chip_names{chip=\"some_chip\",chip_name=\"some_chip\"} 1"));
  CHECK(machine.has("node_hwmon_fan_rpm{chip=\"some_chip\",sensor=\"fan1\"} 900"));
  CHECK(machine.has("node_hwmon_fan_rpm{chip=\"hwmon2\",sensor=\"fan1\"} 800"));
}

TEST_CASE("chips that share a place are told apart by name, then by number") {
  Machine machine("hwmon");
  for (const char* chip : {"hwmon0", "hwmon1", "hwmon2"}) {
    machine.file(std::string("sys/class/hwmon/") + chip + "/temp1_input", "1000");
    machine.file(std::string("sys/devices/x/dev/") + chip, "");
    std::filesystem::create_symlink(
        machine.tree().path("sys/devices/x/dev"),
        machine.tree().path("sys/class/hwmon/" + std::string(chip)) + "/device");
  }
  machine.file("sys/class/hwmon/hwmon0/name", "a").file("sys/class/hwmon/hwmon1/name", "b");
  machine.file("sys/class/hwmon/hwmon2/name", "b");
  machine.scrape();
  CHECK(machine.has("node_hwmon_temp_celsius{chip=\"x_dev_a\",sensor=\"temp1\"} 1"));
  CHECK(machine.has("node_hwmon_temp_celsius{chip=\"x_dev_hwmon1\",sensor=\"temp1\"} 1"));
  CHECK(machine.has("node_hwmon_temp_celsius{chip=\"x_dev_hwmon2\",sensor=\"temp1\"} 1"));
}

TEST_CASE("labels, frequencies and files of the device below") {
  Machine machine("hwmon");
  machine.files("sys/class/hwmon/hwmon0", {{"name", "gpu\n"},
                                           {"freq1_input", "1800000000\n"},
                                           {"freq1_label", "sclk 1\n"},
                                           {"freq2_input", "1\n"},
                                           {"device/in0_input", "920\n"},
                                           {"temp1_label", "edge \"hot\"\n"},
                                           {"beep_enable", "0\n"}});
  machine.scrape();
  CHECK(machine.has("node_hwmon_freq_freq_mhz{chip=\"x\",sensor=\"y\"} 1") == false);
  const std::string& page = machine.scrape();
  CHECK(page.find("sensor=\"sclk_1\"} 1800\n") != std::string::npos);
  CHECK(page.find("label=\"edge \\\"hot\\\"\",sensor=\"temp1\"} 1\n") != std::string::npos);
  CHECK(page.find("sensor=\"in0\"} 0.92\n") != std::string::npos);
  CHECK(page.find("freq2") == std::string::npos);
}

TEST_CASE("filters take chips, and sensors of chips") {
  Machine machine("hwmon");
  machine.context().options["hwmon.chip-exclude"] = "^secret$";
  machine.context().options["hwmon.sensor-include"] = "^seen;temp2$";
  machine.files("sys/class/hwmon", {{"hwmon0/name", "secret"},
                                    {"hwmon0/temp2_input", "1"},
                                    {"hwmon1/name", "seen"},
                                    {"hwmon1/temp1_input", "1"},
                                    {"hwmon1/temp2_input", "1"}});
  machine.scrape();
  CHECK(machine.has("node_hwmon_temp_celsius{chip=\"seen\",sensor=\"temp2\"} 0.001"));
  CHECK(machine.samples() == 2);
}

TEST_CASE("no chips are no data, a value that is no number is left out") {
  Machine machine("hwmon");
  machine.scrape();
  CHECK(machine.result().error().kind == ErrorKind::kNotFound);
  machine.files("sys/class/hwmon/hwmon0", {{"temp1_input", "cold"}, {"temp2_input", "-1500"}});
  machine.scrape(10);
  CHECK(machine.samples() == 1);
  CHECK(machine.has("node_hwmon_temp_celsius{chip=\"hwmon0\",sensor=\"temp2\"} -1.5"));
  CHECK(machine.result());
}

}  // namespace
}  // namespace exporter
