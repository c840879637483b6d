// A whole number as text, for a label value: kept inside itself, nothing allocates. Any thread.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <string_view>

namespace exporter {

class NumberText {
 public:
  template <std::integral T>
  explicit NumberText(T value) {
    const auto end = std::to_chars(text_.data(), text_.data() + text_.size(), value).ptr;
    length_ = static_cast<std::size_t>(end - text_.data());
  }
  operator std::string_view() const& { return {text_.data(), length_}; }
  operator std::string_view() && = delete;  // the text would be gone

 private:
  std::array<char, 20> text_{};  // the longest of 64 bits
  std::size_t length_ = 0;
};

}  // namespace exporter
