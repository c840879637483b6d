// Files of targets, written by whatever tool.
#include "app/file_sd.h"

#include <string>
#include <string_view>

#include "tests/fuzz/fuzz.h"

void fuzz_file_sd(std::string_view input) {
  const auto found = app::parse_file_sd(std::string(input), "targets.yml");
  if (!found) {
    FUZZ_CHECK(!found.error().message.empty());
    return;
  }
  for (const app::FoundTarget& target : *found) {
    FUZZ_CHECK(!target.target.empty());
    FUZZ_CHECK(target.labels.size() <= app::kMaxTargetLabels);
    for (const auto& [name, value] : target.labels) {
      FUZZ_CHECK(name != "probe" && !name.starts_with("__") && !value.empty());
    }
  }
}
