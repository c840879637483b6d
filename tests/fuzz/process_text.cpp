// What procfs says of one process, and patterns and command lines of any kind.
#include "exporter/core/process_groups.h"
#include "exporter/core/process_record.h"
#include "exporter/host/process_files.h"
#include "tests/fuzz/fuzz.h"

void fuzz_process_text(std::string_view input) {
  if (const auto record = exporter::parse_process_record(input)) {
    FUZZ_CHECK(record->name.data() >= input.data() &&
               record->name.data() + record->name.size() <= input.data() + input.size());
  }
  (void)exporter::parse_process_io(input);
  (void)exporter::parse_process_status(input);
  (void)exporter::parse_open_files_limit(input);
  (void)exporter::parse_smaps_rollup(input);

  // The first line is a pattern, the rest a command line.
  const std::string_view pattern = input.substr(0, input.find('\n')).substr(0, 100);
  const auto groups = exporter::ProcessGroups::make({{"g", "", "", std::string(pattern)}});
  if (!groups) return;
  std::string cmdline(input.substr(pattern.size()));
  const exporter::ProcessNames names = exporter::process_names("comm", cmdline);
  FUZZ_CHECK(names.cmdline.starts_with(names.exe));
  const std::string_view group = groups->group_of(names);
  FUZZ_CHECK(group == "g" || group == "comm");
}
