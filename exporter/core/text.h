// Text from outside, made clean once at the boundary: valid UTF-8, bounded, escaped. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace exporter {

// Label values longer than this are cut; the cut value ends in "~" and a hash of the whole value,
// so that two long names that differ stay two.
inline constexpr std::size_t kMaxLabelValueBytes = 1024;

bool is_valid_utf8(std::string_view text);

// Appends text with each run of invalid bytes replaced by one U+FFFD.
void append_valid_utf8(std::string& out, std::string_view text);

// Appends a label value as the text exposition format 0.0.4 wants it: clean, cut, and with
// backslash, double quote and newline escaped.
void append_label_value(std::string& out, std::string_view value);

// Appends a HELP text: backslash and newline escaped.
void append_help(std::string& out, std::string_view help);

// Appends name with every byte outside [a-zA-Z0-9_:] replaced by '_'.
void append_metric_name(std::string& out, std::string_view name);

// Text that is shown to people or logged: control characters become \xNN, invalid UTF-8 U+FFFD,
// cut at max_bytes.
std::string printable(std::string_view text, std::size_t max_bytes = 256);

}  // namespace exporter
