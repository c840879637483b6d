// A steady scrape allocates nothing. operator new is replaced for this program and counts.
#include <atomic>
#include <cstdlib>
#include <new>

#include "exporter/core/clock.h"
#include "tests/exporter/host/driver.h"
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

// Whatever is asked over D-Bus is asked elsewhere, and comes anew each time.
std::vector<std::string_view> on_the_scrape_path() {
  std::vector<std::string_view> names;
  for (const CollectorRow& row : host_collectors()) {
    if (row.name != "systemd" && row.name != "logind") names.push_back(row.name);
  }
  return names;
}

// Which parts of the page a scrape has cannot change while no device or mount comes or goes; other
// programs can do that at any time, so the quietest of a few attempts counts.
TEST_CASE("scrapes 20 to 40 of this machine allocate nothing, collectors and rendering alike") {
  const SystemClock clock;
  std::size_t fewest = ~std::size_t{0};
  for (int attempt = 0; attempt < 5 && fewest > 0; ++attempt) {
    Driver driver(make_host_context({}), on_the_scrape_path());
    for (int i = 0; i < 20; ++i) driver.scrape(clock.now());
    const std::size_t before = allocations.load();
    for (int i = 20; i < 40; ++i) driver.scrape(clock.now());
    fewest = std::min(fewest, allocations.load() - before);
  }
  CHECK(fewest == 0);
}

TEST_CASE("the counter of allocations counts") {
  const std::size_t before = allocations.load();
  const auto memory = std::make_unique<int>(1);
  CHECK(*memory == 1);
  CHECK(allocations.load() == before + 1);
}

}  // namespace
}  // namespace exporter
