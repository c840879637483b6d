// How a configuration names objectives: "website" (service or name), "shop/website", "shop/*",
// "*", where * stands for any text. Pure.
#pragma once

#include <string_view>

namespace slo {

// The text as a whole.
bool like(std::string_view pattern, std::string_view text);
bool matches(std::string_view pattern, std::string_view service, std::string_view name);

}  // namespace slo
