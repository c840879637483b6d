#include "exporter/core/number.h"

#include <array>
#include <charconv>
#include <cstring>

namespace exporter {
namespace {

char* write_literal(char* out, const char* text) {
  const std::size_t length = std::strlen(text);
  std::memcpy(out, text, length);
  return out + length;
}

char* write_real(char* out, double value) {
  if (std::isnan(value)) return write_literal(out, "NaN");
  if (std::isinf(value)) return write_literal(out, value > 0 ? "+Inf" : "-Inf");
  return std::to_chars(out, out + kMaxNumberBytes, value).ptr;
}

// Most integers of a page are 0 or 1.
char* write_whole(char* out, std::uint64_t whole) {
  if (whole < 10) {
    *out = static_cast<char>('0' + whole);
    return out + 1;
  }
  return std::to_chars(out, out + kMaxNumberBytes, whole).ptr;
}

constexpr std::array<std::uint64_t, 10> kPowersOf10{
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

// 1234 with 3 decimals is "1.234", 1500 with 3 is "1.5", 2000 with 3 is "2".
char* write_fixed(char* out, std::uint64_t whole, unsigned decimals) {
  const std::uint64_t scale = kPowersOf10[decimals];
  out = write_whole(out, whole / scale);
  auto fraction = static_cast<std::uint32_t>(whole % scale);
  if (fraction == 0) return out;
  *out++ = '.';
  char* end = out + decimals;
  for (char* digit = end; digit != out; fraction /= 10) {
    *--digit = static_cast<char>('0' + fraction % 10);
  }
  while (end[-1] == '0') --end;
  return end;
}

}  // namespace

char* write_number(char* out, Number number) {
  if (number.is_real()) return write_real(out, number.real());
  if (number.negative()) *out++ = '-';
  if (number.decimals() == 0) return write_whole(out, number.whole());
  return write_fixed(out, number.whole(), number.decimals());
}

}  // namespace exporter
