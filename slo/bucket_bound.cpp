#include "slo/bucket_bound.h"

#include <charconv>
#include <cmath>
#include <cstdio>

namespace slo {

std::optional<double> bucket_bound(const std::string& le) {
  double bound = 0;
  const auto [end, error] = std::from_chars(le.data(), le.data() + le.size(), bound);
  if (error != std::errc() || end != le.data() + le.size() || std::isnan(bound)) {
    return std::nullopt;
  }
  return bound;
}

std::string bounds_text(const std::set<double>& bounds) {
  std::string text;
  for (const double bound : bounds) {
    char number[40];
    std::snprintf(number, sizeof number, " %g", bound);
    text += number;
  }
  return text;
}

}  // namespace slo
