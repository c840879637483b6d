#include "exporter/core/number.h"

#include <array>
#include <bit>
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

constexpr std::array<std::uint64_t, 20> kPowersOf10 = [] {
  std::array<std::uint64_t, 20> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

// "00", "01" ... "99".
constexpr std::array<char, 200> kDigitPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

// Of a number greater than 0; 1233/4096 is a little less than log10(2).
std::size_t digit_count(std::uint64_t whole) {
  const auto at_least = static_cast<std::size_t>(std::bit_width(whole) * 1233) >> 12;
  return at_least + (whole >= kPowersOf10[at_least] ? 1 : 0);
}

// As std::to_chars, without its checks. Most integers of a page are 0 or 1.
char* write_whole(char* out, std::uint64_t whole) {
  if (whole < 10) {
    *out = static_cast<char>('0' + whole);
    return out + 1;
  }
  char* const end = out + digit_count(whole);
  char* at = end;
  for (; whole >= 10; whole /= 100) {
    at -= 2;
    std::memcpy(at, kDigitPairs.data() + 2 * (whole % 100), 2);
  }
  if (whole > 0) *out = static_cast<char>('0' + whole);
  return end;
}

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
