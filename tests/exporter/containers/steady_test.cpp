// A steady scrape allocates nothing. operator new is replaced for this program and counts.
#include <atomic>
#include <cstdlib>
#include <new>

#include "tests/exporter/containers/container_driver.h"
#include "tests/exporter/containers/machine_tree.h"
#include "tests/support/doctest.h"

namespace {

std::atomic<std::size_t> allocations{0};

void* counted(std::size_t size) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(size == 0 ? 1 : size);
}

void* counted_or_throw(std::size_t size) {
  if (void* memory = counted(size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return counted_or_throw(size); }
void* operator new[](std::size_t size) { return counted_or_throw(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace exporter {
namespace {

std::size_t allocations_of_20(ContainerDriver& driver) {
  for (int i = 0; i < 20; ++i) driver.scrape();
  const std::size_t before = allocations.load();
  for (int i = 0; i < 20; ++i) driver.scrape();
  return allocations.load() - before;
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
  std::size_t fewest = ~std::size_t{0};
  for (int attempt = 0; attempt < 5 && fewest > 0; ++attempt) {
    ContainerDriver driver({});
    fewest = std::min(fewest, allocations_of_20(driver));
  }
  CHECK(fewest == 0);
}

}  // namespace
}  // namespace exporter
