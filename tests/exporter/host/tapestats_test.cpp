#include "exporter/host/tapestats.h"

#include "tests/exporter/host/machine.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("drives have counts and times, those to be ignored have none") {
  Machine machine("tapestats");
  machine.context().options["tapestats.ignored-devices"] = "st1";
  machine.files("sys/class/scsi_tape", {{"st0/stats/io_ns", "2500000000\n"},
                                        {"st0/stats/in_flight", "1\n"},
                                        {"st1/stats/in_flight", "1\n"},
                                        {"nst0/stats/in_flight", "1\n"},
                                        {"st0a/stats/in_flight", "1\n"}});
  machine.scrape();
  CHECK(machine.has("node_tape_io_time_seconds_total{device=\"st0\"} 2.5"));
  CHECK(machine.has("node_tape_io_now{device=\"st0\"} 1"));
  CHECK(machine.samples() == 2);
}

TEST_CASE("no drives are no data, a corrupt count is an error") {
  Machine machine("tapestats");
  machine.scrape();
  CHECK(machine.result().error().kind == ErrorKind::kNotFound);
  machine.file("sys/class/scsi_tape/st0/stats/read_cnt", "x");
  machine.scrape(10);
  CHECK(machine.result().error().kind == ErrorKind::kParse);
}

}  // namespace
}  // namespace exporter
