#include "exporter/host/interrupts.h"

#include "exporter/host/cpu_columns.h"
#include "exporter/host/softirqs.h"
#include "tests/exporter/host/driven.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

constexpr std::string_view kInterrupts =
    "           CPU0       CPU2       \n"
    " 24:          1          0  IO-APIC   5-edge      ACPI:Ged\n"
    "IWI:         17         10   IRQ work interrupts\n"
    "ERR:          0\n"
    "MIS:          3\n";

TEST_CASE("interrupts carry the number of their CPU; sums over all CPUs are left out") {
  test::TempTree tree;
  Driven interrupts(make_host_context({.procfs = tree.root()}), "interrupts");
  CHECK(interrupts.error() == ErrorKind::kNotFound);
  tree.write("interrupts", kInterrupts);
  CHECK(interrupts.scrape() ==
        "node_interrupts_total{cpu=\"0\",devices=\"5-edge ACPI:Ged\",info=\"IO-APIC\","
        "type=\"24\"} 1\n"
        "node_interrupts_total{cpu=\"2\",devices=\"5-edge ACPI:Ged\",info=\"IO-APIC\","
        "type=\"24\"} 0\n"
        "node_interrupts_total{cpu=\"0\",devices=\"\",info=\"IRQ work interrupts\",type=\"IWI\"} "
        "17\n"
        "node_interrupts_total{cpu=\"2\",devices=\"\",info=\"IRQ work interrupts\",type=\"IWI\"} "
        "10\n");
  CHECK(interrupts.result());
}

TEST_CASE("interrupts are filtered by name;info;devices and by being zero") {
  test::TempTree tree;
  tree.write("interrupts", kInterrupts);
  HostContext context = make_host_context({.procfs = tree.root()});
  context.options = {{"interrupts.name-include", "^24;IO-APIC;5-edge"},
                     {"interrupts.include-zeros", "false"}};
  CHECK(Driven(context, "interrupts").scrape() ==
        "node_interrupts_total{cpu=\"0\",devices=\"5-edge ACPI:Ged\",info=\"IO-APIC\","
        "type=\"24\"} 1\n");
  context.options = {{"interrupts.name-exclude", "^(24|IWI);"}};
  CHECK(Driven(context, "interrupts").scrape().empty());
  context.options = {{"interrupts.include-zeros", "maybe"}};
  CHECK_FALSE(Driven(context, "interrupts").was_made());
  context.options = {{"interrupts.name-include", "("}};
  CHECK_FALSE(Driven(context, "interrupts").was_made());
}

TEST_CASE("a table per CPU loses only its corrupt lines") {
  LineErrors errors;
  CpuColumns table;
  parse_cpu_columns("CPU0 CPU1\nHI: 1 2\nTIMER: x 3\nNET: 1 why\n: 4 5\nno colon\nRCU: 6 7 extra\n",
                    table, errors);
  CHECK(errors.count() == 4);
  REQUIRE(table.rows.size() == 2);
  CHECK(table.of(1)[1] == 7);
  CHECK(table.rows[1].rest == "extra");
  parse_cpu_columns("HI: 1 2\n", table, errors);
  CHECK(table.rows.empty());
  CHECK(errors.count() == 5);
}

TEST_CASE("a machine with one CPU has sums too, which nothing but their missing words tells") {
  test::TempTree tree;
  tree.write("interrupts", "CPU0\nERR: 5\nLOC: 7 Local timer interrupts\n");
  CHECK(Driven(make_host_context({.procfs = tree.root()}), "interrupts").scrape() ==
        "node_interrupts_total{cpu=\"0\",devices=\"\",info=\"Local timer interrupts\","
        "type=\"LOC\"} 7\n");
}

TEST_CASE("details of a line have single blanks between them") {
  CHECK(interrupt_details("1", "a  b\tc").info == "a");
  CHECK(interrupt_details("1", "a  b\tc").devices == "b c");
  CHECK(interrupt_details("NMI", "a  b\tc").info == "a b c");
  CHECK(interrupt_details("NMI", "").info.empty());
  CHECK(interrupt_details("1", "").devices.empty());
}

TEST_CASE("softirqs give each kind for each CPU") {
  test::TempTree tree;
  Driven softirqs(make_host_context({.procfs = tree.root()}), "softirqs");
  CHECK(softirqs.error() == ErrorKind::kNotFound);
  tree.write("softirqs", "  CPU0 CPU1\n   HI: 1 2\n  RCU: 3 4\n");
  CHECK(softirqs.scrape() ==
        "node_softirqs_functions_total{cpu=\"0\",type=\"HI\"} 1\n"
        "node_softirqs_functions_total{cpu=\"1\",type=\"HI\"} 2\n"
        "node_softirqs_functions_total{cpu=\"0\",type=\"RCU\"} 3\n"
        "node_softirqs_functions_total{cpu=\"1\",type=\"RCU\"} 4\n");
  tree.write("softirqs", "  CPU0 CPU1\n   HI: 1\n  RCU: 3 4\n");
  CHECK(softirqs.scrape().find("HI") == std::string::npos);
}

}  // namespace
}  // namespace exporter
