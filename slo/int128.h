// Products of milliseconds, parts per million and parts per billion need more than 64 bits; with
// 128 every comparison of a budget is exact. Internal to the arithmetic of slo.
#pragma once

#include <cstdint>

namespace slo {

__extension__ using Int128 = __int128;

inline Int128 wide(std::int64_t value) { return value; }

}  // namespace slo
