#include "exporter/host/loadavg.h"

#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("loadavg begins with three averages") {
  const auto averages = parse_loadavg("0.25 1.30 12.00 1/123 4567\n");
  REQUIRE(averages);
  CHECK(*averages == std::array{0.25, 1.30, 12.0});
}

TEST_CASE("loadavg with fewer than three numbers is not read") {
  CHECK_FALSE(parse_loadavg(""));
  CHECK_FALSE(parse_loadavg("0.25 0.30"));
  CHECK_FALSE(parse_loadavg("0.25 zero 0.30 1/2 3"));
  CHECK_FALSE(parse_loadavg("0.25 0.3x 0.30 1/2 3"));
}

}  // namespace
}  // namespace exporter
