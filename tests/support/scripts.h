// Which random scripts a recount runs, and how long histories are.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <ranges>

namespace test {

// FOURNINES_SCRIPTS, 1 without it.
inline double scripts_factor() {
  const char* factor = std::getenv("FOURNINES_SCRIPTS");
  return factor != nullptr ? std::atof(factor) : 1;
}

// `count` seeds from `first` on, the same in every run. FOURNINES_SCRIPTS=20 makes them twenty
// times as many, 0.1 a tenth, at least one; FOURNINES_SEED is added to the first.
inline auto seeds(std::uint64_t first, int count) {
  count = std::max(1, static_cast<int>(count * scripts_factor()));
  if (const char* offset = std::getenv("FOURNINES_SEED"))
    first += std::strtoull(offset, nullptr, 10);
  return std::views::iota(first, first + static_cast<std::uint64_t>(count));
}

// Of a history that is recounted once: all of it, or the share that FOURNINES_SCRIPTS below 1 asks
// for.
inline int length(int whole) {
  return std::max(1, static_cast<int>(whole * std::min(1.0, scripts_factor())));
}

}  // namespace test
