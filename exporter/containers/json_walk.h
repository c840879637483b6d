// Walks a JSON text from outside and tells each value with the keys that lead to it. Nothing of the
// text is kept, so what is passed over (a container's environment, which holds secrets) stays
// nowhere; depth and size are bounded. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "exporter/core/error.h"
#include "exporter/core/json_text.h"

namespace exporter {

inline constexpr std::size_t kMaxJsonBytes = 8 << 20;

struct JsonValue {
  enum class Kind : std::uint8_t { kText, kInteger, kBoolean, kOther };
  Kind kind = Kind::kOther;
  std::string_view text;     // kText; valid during the call
  std::int64_t integer = 0;  // kInteger
  bool boolean = false;      // kBoolean

  std::string_view text_or_nothing() const { return kind == Kind::kText ? text : ""; }
};

// The keys from the outermost object to the value. An element of an array is called by its place:
// "0", "1". Valid during the call.
using JsonPath = std::span<const std::string>;

// kParse, with the byte where it went wrong, when the text is no JSON or too deep; what was told
// before that stands. kInvalid when it is too large.
Result<void> walk_json(std::string_view text,
                       const std::function<void(JsonPath path, const JsonValue& value)>& tell);

}  // namespace exporter
