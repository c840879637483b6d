// Collectors of lines or columns per CPU: schedstat, softnet.
#include "exporter/host/schedstat.h"
#include "exporter/host/softnet.h"
#include "tests/exporter/host/driven.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

TEST_CASE("schedstat gives the last three numbers of each CPU") {
  test::TempTree tree;
  Driven schedstat(make_host_context({.procfs = tree.root()}), "schedstat");
  CHECK(schedstat.error() == ErrorKind::kNotFound);
  tree.write("schedstat",
             "version 15\ntimestamp 1\ncpu0 0 0 0 0 0 0 3146423187 51349071 27014\ndomain0 3 1 2\n"
             "cpu7 0 0 0 0 0 0 1 2 3 4\n");
  CHECK(schedstat.scrape() ==
        "node_schedstat_running_seconds_total{cpu=\"0\"} 3.146423187\n"
        "node_schedstat_running_seconds_total{cpu=\"7\"} 0.000000001\n"
        "node_schedstat_waiting_seconds_total{cpu=\"0\"} 0.051349071\n"
        "node_schedstat_waiting_seconds_total{cpu=\"7\"} 0.000000002\n"
        "node_schedstat_timeslices_total{cpu=\"0\"} 27014\n"
        "node_schedstat_timeslices_total{cpu=\"7\"} 3\n");
  CHECK(schedstat.result());
  tree.write("schedstat", "cpu 1\ncpux 0 0 0 0 0 0 1 2 3\ncpu1 0 0\ncpu2 0 0 0 0 0 0 1 2 3\n");
  CHECK(schedstat.scrape().find("timeslices_total{cpu=\"2\"} 3\n") != std::string::npos);
  CHECK(schedstat.error() == ErrorKind::kParse);
  CHECK(schedstat.result().error().message.find("and 2 more") != std::string::npos);
}

TEST_CASE("softnet reports what the kernel's age has") {
  LineErrors errors;
  std::vector<SoftnetCpu> cpus;
  parse_softnet("ff 1 2 0 0 0 0 0 8\n10 1 2 0 0 0 0 0 8 9 a b 5 0 0\n", cpus, errors);
  CHECK(errors.count() == 0);
  REQUIRE(cpus.size() == 2);
  CHECK(cpus[0].columns == 9);
  CHECK(cpus[0].cpu == 0);
  CHECK(cpus[1].cpu == 5);
  test::TempTree tree;
  Driven softnet(make_host_context({.procfs = tree.root()}), "softnet");
  CHECK(softnet.error() == ErrorKind::kNotFound);
  tree.write("net/softnet_stat", "ff 1 2 0 0 0 0 0 8\n10 1 2 0 0 0 0 0 8 9 a b 5 0 0\n");
  CHECK(softnet.scrape() ==
        "node_softnet_processed_total{cpu=\"0\"} 255\n"
        "node_softnet_processed_total{cpu=\"5\"} 16\n"
        "node_softnet_dropped_total{cpu=\"0\"} 1\n"
        "node_softnet_dropped_total{cpu=\"5\"} 1\n"
        "node_softnet_times_squeezed_total{cpu=\"0\"} 2\n"
        "node_softnet_times_squeezed_total{cpu=\"5\"} 2\n"
        "node_softnet_cpu_collision_total{cpu=\"0\"} 8\n"
        "node_softnet_cpu_collision_total{cpu=\"5\"} 8\n"
        "node_softnet_received_rps_total{cpu=\"5\"} 9\n"
        "node_softnet_flow_limit_count_total{cpu=\"5\"} 10\n"
        "node_softnet_backlog_len{cpu=\"5\"} 11\n");
}

TEST_CASE("a corrupt line of softnet costs only its CPU") {
  LineErrors errors;
  std::vector<SoftnetCpu> cpus;
  parse_softnet("1 2 3\n\nff 1 2 0 0 0 0 0 8\n1 2 3 4 5 6 7 8 x\n", cpus, errors);
  CHECK(errors.count() == 3);
  REQUIRE(cpus.size() == 1);
  CHECK(cpus[0].cpu == 2);
}

}  // namespace
}  // namespace exporter
