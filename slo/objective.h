// An objective kept as the decimal the user wrote: 99.99 is 999,900,000 parts per billion and its
// budget exactly 100,000, never 1 - 0.9999 in doubles (0.00010000000000005). Value type.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "exporter/core/error.h"

namespace slo {

inline constexpr std::int64_t kBillion = 1'000'000'000;

struct Objective {
  std::int64_t good_ppb = 0;  // 0 < good_ppb < kBillion

  std::int64_t budget_ppb() const { return kBillion - good_ppb; }
  double ratio() const { return static_cast<double>(good_ppb) / 1e9; }
  double budget_ratio() const { return static_cast<double>(budget_ppb()) / 1e9; }
  std::string percent() const;  // "99.99"
  bool operator==(const Objective&) const = default;
};

// Percent: "99.99", "99.9 %". Between 0 and 100, both excluded, at most seven decimals.
exporter::Result<Objective> parse_objective(std::string_view percent);

// A plain decimal scaled by 10^decimals: ("12.5", 4) is 125,000. No sign, no exponent; more
// decimals than that are refused unless they are zeros. kInvalid with the text.
exporter::Result<std::int64_t> parse_decimal(std::string_view text, int decimals);

}  // namespace slo
