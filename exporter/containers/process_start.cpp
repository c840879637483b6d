// P/PID/stat: "1843 (a name) S 1 1843 1843 0 -1 …", field 22 is the start.
#include "exporter/containers/process_start.h"

#include "exporter/core/scan.h"

namespace exporter {

std::optional<std::uint64_t> parse_start_ticks(std::string_view stat) {
  constexpr int kFieldsBetween = 19;  // from the state, which is field 3
  const std::size_t bracket = stat.rfind(')');
  if (bracket == std::string_view::npos) return std::nullopt;
  stat.remove_prefix(bracket + 1);
  for (int i = 0; i < kFieldsBetween; ++i) {
    if (next_word(stat).empty()) return std::nullopt;
  }
  return next_number<std::uint64_t>(stat);
}

std::optional<std::uint64_t> parse_boot_time(std::string_view stat) {
  std::string_view line;
  while (next_line(stat, line)) {
    if (!line.starts_with("btime ")) continue;
    line.remove_prefix(6);
    return next_number<std::uint64_t>(line);
  }
  return std::nullopt;
}

std::int64_t ProcessStarts::boot_ms() {
  if (boot_ms_ != 0) return boot_ms_;
  const auto text = read_file(procfs_ + "/stat");
  if (text) boot_ms_ = static_cast<std::int64_t>(parse_boot_time(*text).value_or(0) * 1000);
  return boot_ms_;
}

std::int64_t ProcessStarts::started_ms(std::uint32_t process) {
  const auto text = read_file(procfs_ + "/" + std::to_string(process) + "/stat");
  if (!text) return 0;
  const auto ticks = parse_start_ticks(*text);
  if (!ticks || boot_ms() == 0) return 0;
  return boot_ms() + static_cast<std::int64_t>(*ticks * 10);
}

}  // namespace exporter
