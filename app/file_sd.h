// Prometheus' file_sd format, JSON or YAML: a list of {targets: [host, …], labels: {name: value}}.
// Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "exporter/core/error.h"

namespace app {

struct FoundTarget {
  std::string target;
  std::string name;  // label `probe`; empty: none given
};

inline constexpr std::size_t kMaxTargets = 10'000;  // of all files
inline constexpr std::size_t kMaxFileSdBytes = std::size_t{4} << 20;

// kInvalid with the first thing that is wrong, "file:line: path: what".
exporter::Result<std::vector<FoundTarget>> parse_file_sd(const std::string& text,
                                                         const std::string& file);

}  // namespace app
