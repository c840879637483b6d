// Guards nlohmann::json, which copies and prints nested values recursively: text nested deeper than
// this is refused before it is parsed. Any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace alerts {

inline constexpr std::size_t kMaxJsonDepth = 64;

// Counts brackets outside strings; needs no valid JSON.
constexpr bool is_too_deep(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxJsonDepth) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

}  // namespace alerts
