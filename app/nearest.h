// "Did you mean …?" for flags and keys.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace app {

// The candidate with the fewest edits to wanted; empty when none is near.
std::string nearest(std::string_view wanted, const std::vector<std::string>& candidates);

}  // namespace app
