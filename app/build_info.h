// What this build is.
#pragma once

#include <string_view>

namespace app {

extern const std::string_view kVersion;   // "0.1.0"
extern const std::string_view kRevision;  // of git, "unknown" without
extern const std::string_view kCompiler;  // "gcc 12.2.0"
extern const std::string_view kPlatform;  // "linux/x86_64"

}  // namespace app
