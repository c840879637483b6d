#include "exporter/host/cpufreq.h"

#include "tests/exporter/host/machine.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("clock rates are in hertz, and one governor is in charge") {
  Machine machine("cpufreq");
  machine.files("sys/devices/system/cpu", {{"cpu0/cpufreq/cpuinfo_cur_freq", "<unknown>\n"},
                                           {"cpu0/cpufreq/cpuinfo_max_freq", "3500000\n"},
                                           {"cpu0/cpufreq/scaling_cur_freq", "1200001\n"},
                                           {"cpu0/cpufreq/scaling_available_governors", "a b \n"},
                                           {"cpu0/cpufreq/scaling_governor", "b\n"},
                                           {"cpuidle/cpufreq/scaling_cur_freq", "1\n"}});
  machine.scrape();
  CHECK(machine.has("node_cpu_frequency_max_hertz{cpu=\"0\"} 3500000000"));
  CHECK(machine.has("node_cpu_scaling_frequency_hertz{cpu=\"0\"} 1200001000"));
  CHECK(machine.has("node_cpu_scaling_governor{cpu=\"0\",governor=\"a\"} 0"));
  CHECK(machine.has("node_cpu_scaling_governor{cpu=\"0\",governor=\"b\"} 1"));
  CHECK(machine.samples() == 4);
  CHECK(machine.result());
}

TEST_CASE("a CPU that is switched on gets its clock rate") {
  Machine machine("cpufreq");
  machine.files(
      "sys/devices/system/cpu",
      {{"online", "0\n"}, {"cpu1/online", "0\n"}, {"cpu0/cpufreq/scaling_cur_freq", "1000\n"}});
  machine.scrape();
  machine.files("sys/devices/system/cpu",
                {{"online", "0-1\n"}, {"cpu1/cpufreq/scaling_cur_freq", "2000\n"}});
  machine.scrape();
  CHECK(machine.has("node_cpu_scaling_frequency_hertz{cpu=\"1\"} 2000000"));
}

TEST_CASE("no clock rates are no failure, a corrupt one is") {
  Machine machine("cpufreq");
  CHECK(machine.scrape().empty());
  CHECK(machine.result());
  machine.file("sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "fast\n");
  machine.scrape(10);
  CHECK(machine.result().error().kind == ErrorKind::kParse);
}

}  // namespace
}  // namespace exporter
