#include "exporter/host/dmi.h"

#include "tests/exporter/host/machine.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("only the strings that can be read are labels, and odd ones are made clean") {
  Machine machine("dmi");
  machine.files("sys/class/dmi/id", {{"sys_vendor", "Dell \"Inc\"\n"},
                                     {"bios_date", std::string_view("01/02/2023\0\0\n", 13)},
                                     {"product_name",
                                      "a\xff\xfe"
                                      "b\n"},
                                     {"board_name", "  \n"},
                                     {"modalias", "dmi\n"}});
  machine.scrape();
  CHECK(
      machine.has("node_dmi_info{bios_date=\"01/02/2023\",product_name=\"a\xEF\xBF\xBD"
                  "b\",system_vendor=\"Dell \\\"Inc\\\"\"} 1"));
  CHECK(machine.samples() == 1);
}

TEST_CASE("a machine without SMBIOS has no data") {
  Machine machine("dmi");
  CHECK(machine.scrape().empty());
  CHECK(machine.result().error().kind == ErrorKind::kNotFound);
}

}  // namespace
}  // namespace exporter
