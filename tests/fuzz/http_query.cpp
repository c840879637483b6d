// What the decoder lets through is clean and bounded, and encoding it again loses nothing.
#include <algorithm>
#include <string>

#include "exporter/core/text.h"
#include "exporter/http/query.h"
#include "tests/fuzz/fuzz.h"

namespace {

void check_text(const std::string& text) {
  FUZZ_CHECK(exporter::is_valid_utf8(text));
  FUZZ_CHECK(std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  }));
}

std::string encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte / 16];
    out += kHex[byte % 16];
  }
  return out;
}

}  // namespace

void fuzz_http_query(std::string_view input) {
  const auto params = exporter::decode_query(input);
  if (!params) return;
  FUZZ_CHECK(params->size() <= exporter::kMaxParams);
  std::string again;
  for (const auto& [name, value] : *params) {
    check_text(name);
    check_text(value);
    again += encoded(name) + '=' + encoded(value) + '&';
  }
  FUZZ_CHECK(exporter::decode_query(again) == params);
}
