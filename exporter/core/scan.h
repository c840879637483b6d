// Scanning kernel text: words, numbers and lines taken off the front of a string_view. Nothing is
// copied, nothing allocates. A function that finds no number leaves the view as it was and says so.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "exporter/core/number.h"

namespace exporter {

// Takes the next line off text, without its newline. False at the end.
inline bool next_line(std::string_view& text, std::string_view& line) {
  if (text.empty()) return false;
  const void* newline = std::memchr(text.data(), '\n', text.size());
  if (newline == nullptr) {
    line = text;
    text = {};
    return true;
  }
  const auto length = static_cast<std::size_t>(static_cast<const char*>(newline) - text.data());
  line = text.substr(0, length);
  text.remove_prefix(length + 1);
  return true;
}

inline void skip_blanks(std::string_view& text) {
  std::size_t i = 0;
  while (i < text.size() && (text[i] == ' ' || text[i] == '\t')) ++i;
  text.remove_prefix(i);
}

// Takes the next run of characters other than blanks off text; empty at the end.
inline std::string_view next_word(std::string_view& text) {
  skip_blanks(text);
  std::size_t i = 0;
  while (i < text.size() && text[i] != ' ' && text[i] != '\t') ++i;
  const std::string_view word = text.substr(0, i);
  text.remove_prefix(i);
  return word;
}

// Takes a number off the front of text, blanks before it included.
template <std::integral T>
std::optional<T> next_number(std::string_view& text, int base = 10) {
  skip_blanks(text);
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

// Takes an integer of either sign off the front of text.
inline std::optional<Number> next_integer(std::string_view& text) {
  if (const auto value = next_number<std::uint64_t>(text)) return Number(*value);
  if (const auto value = next_number<std::int64_t>(text)) return Number(*value);
  return std::nullopt;
}

// The whole of text as a number.
template <class T>
std::optional<T> to_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Fills values from the front of text as far as numbers go and returns how many there were.
template <class Array>
std::size_t next_numbers(std::string_view& text, Array& values) {
  std::size_t count = 0;
  while (count < values.size()) {
    const auto value = next_number<std::uint64_t>(text);
    if (!value) break;
    values[count++] = *value;
  }
  return count;
}

}  // namespace exporter
