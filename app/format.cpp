#include "app/format.h"

#include <cmath>
#include <cstdio>
#include <ctime>

namespace app {
namespace {

template <class... Args>
std::string printed(const char* format, Args... args) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, format, args...);
  return buffer;
}

// "4.20" is "4.2", "4.00" is "4".
std::string without_trailing_zeros(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

std::string duration_words(double seconds) {
  if (std::isnan(seconds)) return "unknown";
  if (std::isinf(seconds)) return seconds > 0 ? "never" : "-never";
  const std::string sign = seconds < 0 ? "-" : "";
  seconds = std::abs(seconds);
  if (seconds < 1) return sign + without_trailing_zeros(printed("%.2f", seconds)) + "s";
  auto tenths = static_cast<std::int64_t>(std::llround(seconds * 10));
  std::string text = sign;
  struct Unit {
    const char* name;
    std::int64_t tenths;
  };
  for (const Unit& unit : {Unit{"d", 864'000}, Unit{"h", 36'000}, Unit{"m", 600}}) {
    if (tenths < unit.tenths) continue;
    text += std::to_string(tenths / unit.tenths) + unit.name;
    tenths %= unit.tenths;
  }
  if (tenths == 0) return text;
  return text + without_trailing_zeros(printed("%.1f", static_cast<double>(tenths) / 10)) + "s";
}

std::string percent_words(double ratio) {
  if (std::isnan(ratio)) return "unknown";
  return without_trailing_zeros(printed("%.4f", ratio * 100)) + "%";
}

std::string utc_words(std::int64_t utc_ms) {
  const std::time_t seconds = utc_ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char buffer[40];
  const std::size_t length = std::strftime(buffer, sizeof buffer, "%Y-%m-%d %H:%M:%S UTC", &utc);
  return {buffer, length};
}

}  // namespace app
