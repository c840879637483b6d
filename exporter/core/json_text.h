// JSON as text, and text as JSON. In one place, because nlohmann's parser and printer are large
// templates that are better compiled once, and because it copies and prints nested values
// recursively: text that is nested deeper than this is refused before it is parsed. Any thread.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace exporter {

inline constexpr std::size_t kMaxJsonDepth = 64;

// Counts brackets outside strings; needs no valid JSON.
bool is_too_deep(std::string_view text);

// On one line, or with so many spaces a level. Bytes that are not UTF-8 become U+FFFD.
std::string json_text(const nlohmann::json& value);
std::string json_text(const nlohmann::ordered_json& value, int indent = -1);

// A value that is_discarded() when the text is too deep or no JSON. Ordered: with members as they
// stand there, else by name.
nlohmann::json parse_json(std::string_view text);
nlohmann::ordered_json parse_ordered_json(std::string_view text);

}  // namespace exporter
