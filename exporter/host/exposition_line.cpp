#include "exporter/host/exposition_line.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "exporter/core/scan.h"
#include "exporter/core/text.h"

namespace exporter {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// With colons for metrics, without for labels.
std::string_view take_name(std::string_view& text, bool colons) {
  const auto fits = [colons](char c) { return is_letter(c) || (colons && c == ':'); };
  std::size_t length = 0;
  if (!text.empty() && fits(text[0])) {
    while (length < text.size() && (fits(text[length]) || is_digit(text[length]))) ++length;
  }
  const std::string_view name = text.substr(0, length);
  text.remove_prefix(length);
  return name;
}

bool take(std::string_view& text, char wanted) {
  skip_blanks(text);
  if (text.empty() || text[0] != wanted) return false;
  text.remove_prefix(1);
  return true;
}

// The text up to the closing quote, which is taken, too; text stands behind the opening one.
std::optional<std::string_view> take_quoted(std::string_view& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      const std::string_view quoted = text.substr(0, i);
      text.remove_prefix(i + 1);
      return quoted;
    }
  }
  return std::nullopt;
}

// text stands behind the opening brace, at the end behind the closing one.
Result<TextLabels> take_labels(std::string_view& text) {
  TextLabels labels;
  while (!take(text, '}')) {
    if (!labels.empty() && !take(text, ',')) return fail(ErrorKind::kParse, "',' or '}' expected");
    if (!labels.empty() && take(text, '}')) break;
    skip_blanks(text);
    const std::string_view name = take_name(text, false);
    if (name.empty()) return fail(ErrorKind::kParse, "label name expected");
    if (name == "__name__") return fail(ErrorKind::kParse, "the label __name__ is reserved");
    if (!take(text, '=') || !take(text, '"')) {
      return fail(ErrorKind::kParse, "'=\"' expected behind the label name");
    }
    const auto quoted = take_quoted(text);
    if (!quoted) return fail(ErrorKind::kParse, "the label value has no end");
    auto value = unescaped(*quoted, true);
    if (!value) return fail(ErrorKind::kParse, "unknown escape in a label value");
    if (!is_valid_utf8(*value)) return fail(ErrorKind::kParse, "the label value is not UTF-8");
    labels.emplace_back(name, std::move(*value));
  }
  std::ranges::sort(labels);
  const auto twice =
      std::ranges::adjacent_find(labels, {}, [](auto& label) { return label.first; });
  if (twice != labels.end()) {
    return fail(ErrorKind::kParse, "the label " + twice->first + " stands twice");
  }
  return labels;
}

}  // namespace

std::string_view take_metric_name(std::string_view& text) { return take_name(text, true); }

std::optional<std::string> unescaped(std::string_view text, bool quotes) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    const char c = text[i];
    if (c != '\\' && c != 'n' && !(quotes && c == '"')) return std::nullopt;
    out += c == 'n' ? '\n' : c;
  }
  return out;
}

// from_chars knows "inf" and "nan" in any case, and "nan(1)", which nobody else does. "-0" is
// a number of its own among doubles.
std::optional<Number> parse_value(std::string_view text) {
  if (const auto whole = to_number<std::uint64_t>(text)) return Number(*whole);
  if (const auto whole = to_number<std::int64_t>(text); whole && *whole != 0) return Number(*whole);
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  if (text.find('(') != std::string_view::npos) return std::nullopt;
  if (const auto real = to_number<double>(text)) return Number(*real);
  return std::nullopt;
}

std::optional<std::string> canonical_bound(std::string_view text) {
  const auto number = parse_value(text);
  if (!number) return std::nullopt;
  const double value = number->as_double();
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general);
  return std::string(buffer, end.ptr);
}

Result<SampleLine> parse_sample_line(std::string_view line, bool openmetrics) {
  SampleLine sample;
  sample.name = take_metric_name(line);
  if (sample.name.empty()) return fail(ErrorKind::kParse, "metric name expected");
  const bool is_apart = line.starts_with(' ') || line.starts_with('\t');
  if (take(line, '{')) {
    auto labels = take_labels(line);
    if (!labels) return std::unexpected(labels.error());
    sample.labels = std::move(*labels);
  } else if (!is_apart) {
    return fail(ErrorKind::kParse, "value expected behind the name");
  }
  const auto value = parse_value(next_word(line));
  if (!value) return fail(ErrorKind::kParse, "the value is not a number");
  sample.value = *value;
  skip_blanks(line);
  if (line.empty() || (openmetrics && line.starts_with("# {"))) return sample;
  if (parse_value(next_word(line))) return fail(ErrorKind::kParse, "time stamps are not allowed");
  return fail(ErrorKind::kParse, "there is something behind the value");
}

}  // namespace exporter
