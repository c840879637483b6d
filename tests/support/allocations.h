// What operator new gives out, counted, in programs linked with test_allocations_dep: it replaces
// their operator new. Any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace test {

std::size_t allocations();  // calls of operator new so far
std::int64_t live_bytes();  // given out and not given back, as malloc rounds them up

// The least number of allocations that scrapes(), which returns its own, gets by with in so many
// attempts: others on this machine may disturb some of them.
template <class Scrapes>
std::size_t fewest_allocations(int attempts, Scrapes scrapes) {
  std::size_t fewest = ~std::size_t{0};
  for (int i = 0; i < attempts && fewest > 0; ++i) fewest = std::min(fewest, scrapes());
  return fewest;
}

// How many allocations a warm driver needs for so many scrapes after as many others.
template <class Scrape>
std::size_t allocations_of_second(int scrapes, Scrape scrape) {
  for (int i = 0; i < scrapes; ++i) scrape();
  const std::size_t before = allocations();
  for (int i = 0; i < scrapes; ++i) scrape();
  return allocations() - before;
}

}  // namespace test
