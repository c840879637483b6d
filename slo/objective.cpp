#include "slo/objective.h"

#include <limits>

namespace slo {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::unexpected<exporter::Error> not_a_decimal(std::string_view text, const char* why) {
  return exporter::fail(exporter::ErrorKind::kInvalid, "'" + std::string(text) + "': " + why);
}

}  // namespace

exporter::Result<std::int64_t> parse_decimal(std::string_view text, int decimals) {
  const std::string_view number = trim(text);
  std::int64_t value = 0;
  int fraction_digits = -1;  // -1: before the point
  bool any = false;
  for (const char c : number) {
    if (c == '.' && fraction_digits < 0) {
      fraction_digits = 0;
      continue;
    }
    if (!is_digit(c)) return not_a_decimal(text, "not a decimal number");
    any = true;
    if (fraction_digits >= decimals) {
      if (c != '0') return not_a_decimal(text, "too many decimals");
      continue;
    }
    if (value > (std::numeric_limits<std::int64_t>::max() - 9) / 10) {
      return not_a_decimal(text, "too large");
    }
    value = value * 10 + (c - '0');
    if (fraction_digits >= 0) ++fraction_digits;
  }
  if (!any) return not_a_decimal(text, "not a decimal number");
  for (int i = fraction_digits < 0 ? 0 : fraction_digits; i < decimals; ++i) {
    if (value > std::numeric_limits<std::int64_t>::max() / 10) {
      return not_a_decimal(text, "too large");
    }
    value *= 10;
  }
  return value;
}

exporter::Result<Objective> parse_objective(std::string_view percent) {
  std::string_view number = trim(percent);
  if (!number.empty() && number.back() == '%') number.remove_suffix(1);
  // Percent with seven decimals is parts per billion.
  const auto ppb = parse_decimal(number, 7);
  if (!ppb) return std::unexpected(ppb.error());
  if (*ppb <= 0 || *ppb >= kBillion) {
    return not_a_decimal(percent, "an objective lies between 0 and 100 percent, both excluded");
  }
  return Objective{*ppb};
}

std::string Objective::percent() const {
  std::string fraction = std::to_string(good_ppb % 10'000'000 + 10'000'000).substr(1);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  std::string text = std::to_string(good_ppb / 10'000'000);
  return fraction.empty() ? text : text + "." + fraction;
}

}  // namespace slo
