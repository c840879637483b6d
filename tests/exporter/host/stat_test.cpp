#include "exporter/host/stat.h"

#include "tests/support/doctest.h"

namespace exporter {
namespace {

constexpr std::string_view kText =
    "cpu  5123 0 2094 150228 472 0 58 38 0 0\n"
    "cpu0 1829 0 625 76537 14 0 9 13 0 0\n"
    "intr 181842 0 7 0\n"
    "ctxt 356155\n"
    "btime 1795635921\n"
    "processes 5523\n"
    "procs_running 3\n"
    "procs_blocked 0\n"
    "softirq 131330 1 13692 5 3606 62103 6 3 29595 9 22326\n";

TEST_CASE("stat gives the totals of /proc/stat") {
  LineErrors errors;
  const KernelStat stat = parse_stat(kText, errors);
  CHECK(errors.count() == 0);
  CHECK(stat.interrupts == 181842);
  CHECK(stat.context_switches == 356155);
  CHECK(stat.boot_time_seconds == 1795635921);
  CHECK(stat.forks == 5523);
  CHECK(stat.procs_running == 3);
  CHECK(stat.procs_blocked == 0);
  REQUIRE(stat.softirq_count == 10);
  CHECK(stat.softirqs[0] == 1);
  CHECK(stat.softirqs[9] == 22326);
}

TEST_CASE("a line that a kernel does not have leaves its value empty") {
  LineErrors errors;
  const KernelStat stat = parse_stat("ctxt 5\n", errors);
  CHECK(errors.count() == 0);
  CHECK(stat.context_switches == 5);
  CHECK_FALSE(stat.procs_blocked);
  CHECK(stat.softirq_count == 0);
}

TEST_CASE("a corrupt line of stat is named and the others are kept") {
  LineErrors errors;
  const KernelStat stat = parse_stat("ctxt many\nbtime 7\nsoftirq\n", errors);
  CHECK_FALSE(stat.context_switches);
  CHECK(stat.boot_time_seconds == 7);
  CHECK(errors.count() == 2);
  CHECK(errors.result("/proc/stat").error().message ==
        "/proc/stat: cannot read 'ctxt many' and 1 more");
}

}  // namespace
}  // namespace exporter
