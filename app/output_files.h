// Files that a command leaves in a directory the user named.
#pragma once

#include <string>
#include <string_view>

namespace app {

// Makes the directory when it is not there, but not the one above it. kExitYes, or kExitUsage after
// saying why.
int make_output_directory(const std::string& directory);

// Replaces directory/name. kExitYes, or kExitUsage after saying why.
int write_output_file(const std::string& directory, std::string_view name, std::string_view text);

}  // namespace app
