#include "exporter/core/number.h"

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

// 1234 with 3 decimals is "1.234", 1500 with 3 is "1.5", 2000 with 3 is "2".
char* write_fixed(char* out, std::uint64_t whole, unsigned decimals) {
  std::uint64_t scale = 1;
  for (unsigned i = 0; i < decimals; ++i) scale *= 10;
  out = std::to_chars(out, out + kMaxNumberBytes, whole / scale).ptr;
  std::uint64_t fraction = whole % scale;
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
  if (number.decimals() == 0) {
    return std::to_chars(out, out + kMaxNumberBytes, number.whole()).ptr;
  }
  return write_fixed(out, number.whole(), number.decimals());
}

}  // namespace exporter
