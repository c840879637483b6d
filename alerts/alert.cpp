#include "alerts/alert.h"

#include <string_view>

#include "exporter/core/text.h"

namespace alerts {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string clean_name(std::string_view name) {
  std::string clean;
  if (name.empty() || is_digit(name.front())) clean += '_';
  for (const char c : name) clean += is_letter(c) || is_digit(c) ? c : '_';
  return clean;
}

std::string clean_value(std::string_view value) {
  std::string clean;
  exporter::append_valid_utf8(clean, value);
  if (clean.size() <= exporter::kMaxLabelValueBytes) return clean;
  std::size_t end = exporter::kMaxLabelValueBytes;
  while ((static_cast<unsigned char>(clean[end]) & 0xC0U) == 0x80U) --end;
  clean.resize(end);
  return clean;
}

}  // namespace

Labels clean_labels(const Labels& labels) {
  Labels clean;
  for (const auto& [name, value] : labels) {
    if (!value.empty()) clean.emplace(clean_name(name), clean_value(value));
  }
  return clean;
}

std::string identity(const Labels& labels) {
  std::string text = "{";
  for (const auto& [name, value] : labels) {
    if (text.size() > 1) text += ',';
    text += name + "=\"";
    exporter::append_label_value(text, value);
    text += '"';
  }
  text += '}';
  return text;
}

}  // namespace alerts
