// A steady scrape allocates nothing. operator new counts in this program.
#include "tests/exporter/containers/container_driver.h"
#include "tests/exporter/containers/machine_tree.h"
#include "tests/support/allocations.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

std::size_t allocations_of_20(ContainerDriver& driver) {
  return test::allocations_of_second(20, [&] { driver.scrape(); });
}

TEST_CASE("scrapes 20 to 40 of many containers allocate nothing, collecting and rendering alike") {
  for (const CgroupVersion version :
       {CgroupVersion::kOne, CgroupVersion::kTwo, CgroupVersion::kHybrid}) {
    MachineTree machine(version);
    machine.add_group("/docker", 1);
    for (std::uint32_t i = 0; i < 30; ++i) {
      const std::string id = container_id("ab" + std::to_string(i));
      machine.add_group("/docker/" + id, i + 2);
      machine.add_process(i + 100, "/docker/" + id);
      machine.add_docker(id, "c" + std::to_string(i), R"({"Running":true})");
    }
    // Temporary file systems tell no number of links, so every listing would be made again.
    ContainerDriver driver(machine.roots());
    CHECK(allocations_of_20(driver) == 0);
  }
}

TEST_CASE("scrapes 20 to 40 of this machine's control groups allocate nothing") {
  CHECK(test::fewest_allocations(5, [] {
          ContainerDriver driver({});
          return allocations_of_20(driver);
        }) == 0);
}

}  // namespace
}  // namespace exporter
