// The check that makes a broken property a finding, and properties that many parsers share.
#pragma once

#include <cstdlib>
#include <string_view>

#include "exporter/core/line_errors.h"
#include "exporter/core/text.h"

#define FUZZ_CHECK(condition) \
  if (!(condition)) std::abort()

namespace fuzz {

// What a parser hands out views the text that it was given.
inline void check_within(std::string_view part, std::string_view whole) {
  FUZZ_CHECK(part.empty() || (part.data() >= whole.data() &&
                              part.data() + part.size() <= whole.data() + whole.size()));
}

// Lines that could not be read are an error whose words are valid text.
inline void check_errors(const exporter::LineErrors& errors) {
  const auto result = errors.result("fuzz");
  FUZZ_CHECK(result.has_value() == (errors.count() == 0));
  FUZZ_CHECK(result || exporter::is_valid_utf8(result.error().message));
}

}  // namespace fuzz
