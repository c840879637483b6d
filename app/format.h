// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace app {

// "4m19.2s", "12h", "0s", "-3.5s"; at most one decimal of the seconds, two below a second.
std::string duration_words(double seconds);

// A ratio in percent with as many decimals as matter beside 100 %: 0.99990123 is "99.9901%". NaN is
// "unknown".
std::string percent_words(double ratio);

// UTC milliseconds as "2026-11-25 19:46:26 UTC".
std::string utc_words(std::int64_t utc_ms);

}  // namespace app
