// A sample's value, kept as the integer or fixed-point number that the kernel gave until it is
// printed: exact, and five times cheaper to print than a double. Any thread.
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>

namespace exporter {

class Number {
 public:
  constexpr Number() = default;
  template <std::unsigned_integral T>
  constexpr Number(T value) : bits_{.whole = value} {}
  template <std::signed_integral T>
  constexpr Number(T value) : bits_{.whole = magnitude(value)}, negative_(value < 0) {}
  constexpr Number(double value) : bits_{.real = value}, decimals_(kReal) {}

  // whole / 10^decimals, decimals <= 9: ticks are fixed(ticks, 2), milliseconds fixed(ms, 3).
  static constexpr Number fixed(std::uint64_t whole, std::uint8_t decimals) {
    Number number(whole);
    number.decimals_ = decimals;
    return number;
  }

  // a * b; exact as long as 64 bits hold it.
  static constexpr Number product(std::uint64_t a, std::uint64_t b) {
    std::uint64_t whole = 0;
    if (__builtin_mul_overflow(a, b, &whole)) {
      return {static_cast<double>(a) * static_cast<double>(b)};
    }
    return {whole};
  }

  static Number nan() { return {std::numeric_limits<double>::quiet_NaN()}; }

  constexpr bool is_real() const { return decimals_ == kReal; }
  constexpr double real() const { return bits_.real; }
  constexpr std::uint64_t whole() const { return bits_.whole; }
  constexpr bool negative() const { return negative_; }
  constexpr unsigned decimals() const { return decimals_; }

  double as_double() const {
    if (is_real()) return bits_.real;
    const double value = static_cast<double>(bits_.whole) / std::pow(10.0, decimals_);
    return negative_ ? -value : value;
  }

 private:
  static constexpr std::uint8_t kReal = 0xFF;

  static constexpr std::uint64_t magnitude(std::int64_t value) {
    return value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  }

  union Bits {
    std::uint64_t whole;
    double real;
  };
  Bits bits_{.whole = 0};
  std::uint8_t decimals_ = 0;
  bool negative_ = false;
};

// The longest text of a number: "-2.2250738585072014e-308" is 24, fixed point 22.
inline constexpr std::size_t kMaxNumberBytes = 32;

// Writes the number as the text format wants it (shortest round-trip for doubles, "NaN", "+Inf",
// "-Inf") to out, which has room for kMaxNumberBytes, and returns the end. Never allocates.
char* write_number(char* out, Number number);

}  // namespace exporter
