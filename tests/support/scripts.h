// Which random scripts a recount runs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <ranges>

namespace test {

// `count` seeds from `first` on, the same in every run. FOURNINES_SCRIPTS=20 makes them twenty
// times as many, 0.1 a tenth, at least one; FOURNINES_SEED is added to the first.
inline auto seeds(std::uint64_t first, int count) {
  const char* factor = std::getenv("FOURNINES_SCRIPTS");
  const char* offset = std::getenv("FOURNINES_SEED");
  if (factor != nullptr) count = std::max(1, static_cast<int>(count * std::atof(factor)));
  if (offset != nullptr) first += std::strtoull(offset, nullptr, 10);
  return std::views::iota(first, first + static_cast<std::uint64_t>(count));
}

}  // namespace test
