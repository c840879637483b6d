#include "exporter/host/watchdog.h"

#include "tests/exporter/host/machine.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("a watchdog has times and info") {
  Machine machine("watchdog");
  machine.files("sys/class/watchdog/watchdog0",
                {{"timeout", "60\n"}, {"identity", "Dog\n"}, {"state", "active\n"}});
  machine.scrape();
  CHECK(machine.has("node_watchdog_timeout_seconds{name=\"watchdog0\"} 60"));
  CHECK(
      machine.has("node_watchdog_info{identity=\"Dog\",name=\"watchdog0\",options=\"\","
                  "pretimeout_governor=\"\",state=\"active\",status=\"\"} 1"));
  CHECK(machine.samples() == 2);
}

TEST_CASE("no watchdogs are no data, a corrupt time is an error") {
  Machine machine("watchdog");
  machine.scrape();
  CHECK(machine.result().error().kind == ErrorKind::kNotFound);
  machine.file("sys/class/watchdog/watchdog0/timeleft", "soon");
  machine.scrape(10);
  CHECK(machine.result().error().kind == ErrorKind::kParse);
}

}  // namespace
}  // namespace exporter
