#include "exporter/host/time.h"

#include "tests/exporter/host/driver.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

constexpr Moment kNow{.boot_ns = 1, .mono_ns = 1, .real_ns = 1'795'635'921'123'456'789};

TEST_CASE("time is when the scrape began, and the zone is that of the environment") {
  test::TempTree tree;
  Driver driver(make_host_context({.sysfs = tree.root()}), {"time"});
  const std::string& page = driver.scrape(kNow);
  CHECK(page.find("\nnode_time_seconds 1795635921.123456\n") != std::string::npos);
  CHECK(page.ends_with("\nnode_time_zone_offset_seconds{time_zone=\"UTC\"} 0\n"));
  CHECK(driver.result("time"));
}

TEST_CASE("clock sources are numbered in the order of their directories") {
  test::TempTree tree;
  const std::string directory = "devices/system/clocksource/";
  tree.write(directory + "clocksource0/available_clocksource", "tsc hpet \n");
  tree.write(directory + "clocksource0/current_clocksource", "tsc\n");
  tree.write(directory + "clocksource4/available_clocksource", "\n");
  tree.write(directory + "clocksource4/current_clocksource", "jiffies\n");
  tree.write(directory + "uevent", "");
  Driver driver(make_host_context({.sysfs = tree.root()}), {"time"});
  const std::string& page = driver.scrape(kNow);
  CHECK(driver.result("time"));
  for (const char* line :
       {"node_time_clocksource_available_info{clocksource=\"tsc\",device=\"0\"} 1\n"
        "node_time_clocksource_available_info{clocksource=\"hpet\",device=\"0\"} 1\n",
        "node_time_clocksource_current_info{clocksource=\"tsc\",device=\"0\"} 1\n"
        "node_time_clocksource_current_info{clocksource=\"jiffies\",device=\"1\"} 1\n"}) {
    CHECK(page.find(line) != std::string::npos);
  }
}

TEST_CASE("a clock source without its files is named, the time stays") {
  test::TempTree tree;
  tree.write("devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
  Driver driver(make_host_context({.sysfs = tree.root()}), {"time"});
  CHECK(driver.scrape(kNow).find("node_time_seconds 17") != std::string::npos);
  CHECK(driver.result("time").error().message.find("available_clocksource") != std::string::npos);
}

}  // namespace
}  // namespace exporter
