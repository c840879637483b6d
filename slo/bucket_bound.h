// Bounds of a classic histogram's buckets, as their label le says them.
#pragma once

#include <optional>
#include <set>
#include <string>

namespace slo {

// "0.25" or "+Inf" as a number; nothing: no number.
std::optional<double> bucket_bound(const std::string& le);

// " 0.1 0.25 inf", for messages.
std::string bounds_text(const std::set<double>& bounds);

}  // namespace slo
