// How many random scripts a recount runs.
#pragma once

#include <algorithm>
#include <cstdlib>

namespace test {

// FOURNINES_SCRIPTS=20 makes them twenty times as many, 0.1 a tenth; at least one runs.
inline int script_count(int count) {
  const char* factor = std::getenv("FOURNINES_SCRIPTS");
  return std::max(1, static_cast<int>(count * (factor == nullptr ? 1.0 : std::atof(factor))));
}

}  // namespace test
