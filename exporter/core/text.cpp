// UTF-8 after Unicode 15, table 3-7: shortest form, no surrogates, nothing above U+10FFFF.
#include "exporter/core/text.h"

#include <charconv>
#include <cstdint>
#include <functional>

namespace exporter {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Length of the valid sequence at the start of text, 0 when it is invalid.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto between = [&](std::size_t i, unsigned low, unsigned high) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return between(1, 0x80, 0xBF) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : 0xBF;
    return between(1, low, high) && between(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
    return between(1, low, high) && between(2, 0x80, 0xBF) && between(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

// Calls emit with each valid character, and once with U+FFFD for each run of invalid bytes.
template <class Emit>
void for_each_character(std::string_view text, Emit emit) {
  bool in_invalid_run = false;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) {
      if (!in_invalid_run) emit(kReplacement);
      in_invalid_run = true;
      text.remove_prefix(1);
      continue;
    }
    in_invalid_run = false;
    emit(text.substr(0, length));
    text.remove_prefix(length);
  }
}

// Printable ASCII that no format escapes: nearly every name and HELP text, appended as it is.
bool is_plain(std::string_view text) {
  for (const char c : text) {
    if (c < 0x20 || c == 0x7F || c == '"' || c == '\\') return false;
  }
  return true;
}

void append_hex64(std::string& out, std::uint64_t value) {
  char buffer[17];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, 16).ptr;
  out.append(buffer, end);
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

void append_valid_utf8(std::string& out, std::string_view text) {
  for_each_character(text, [&](std::string_view character) { out += character; });
}

void append_label_value(std::string& out, std::string_view value) {
  if (value.size() <= kMaxLabelValueBytes && is_plain(value)) {
    out += value;
    return;
  }
  std::size_t written = 0;
  bool cut = false;
  for_each_character(value, [&](std::string_view character) {
    if (cut || written + character.size() > kMaxLabelValueBytes) {
      cut = true;
      return;
    }
    written += character.size();
    switch (character[0]) {
      case '\\': out += "\\\\"; break;
      case '"': out += "\\\""; break;
      case '\n': out += "\\n"; break;
      default: out += character;
    }
  });
  if (cut) {
    out += '~';
    append_hex64(out, std::hash<std::string_view>{}(value));
  }
}

void append_help(std::string& out, std::string_view help) {
  if (is_plain(help)) {
    out += help;
    return;
  }
  for_each_character(help, [&](std::string_view character) {
    switch (character[0]) {
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      default: out += character;
    }
  });
}

void append_metric_name(std::string& out, std::string_view name) {
  for (const char c : name) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '_' || c == ':';
    out += allowed ? c : '_';
  }
}

std::string printable(std::string_view text, std::size_t max_bytes) {
  std::string out;
  bool cut = false;
  for_each_character(text, [&](std::string_view character) {
    if (cut || out.size() >= max_bytes) {
      cut = true;
      return;
    }
    const auto lead = static_cast<unsigned char>(character[0]);
    if (lead < 0x20 || lead == 0x7F) {
      constexpr char kHex[] = "0123456789abcdef";
      out += "\\x";
      out += kHex[lead >> 4];
      out += kHex[lead & 0xF];
    } else {
      out += character;
    }
  });
  if (cut) out += "...";
  return out;
}

}  // namespace exporter
