//            CPU0       CPU2
//  24:          1          0  IO-APIC   5-edge      ACPI:Ged
// ERR:          0
#include "exporter/host/cpu_columns.h"

#include "exporter/core/kernel_file.h"
#include "exporter/core/scan.h"

namespace exporter {

void parse_cpu_columns(std::string_view text, CpuColumns& table, LineErrors& errors) {
  table.cpus.clear();
  table.rows.clear();
  table.values.clear();
  std::string_view line;
  next_line(text, line);
  std::string_view header = line;
  for (auto word = next_word(header); !word.empty(); word = next_word(header)) {
    if (word.starts_with("CPU")) table.cpus.push_back(word.substr(3));
  }
  if (table.cpus.empty()) return errors.add(line);
  while (next_line(text, line)) {
    const std::size_t colon = line.find(':');
    const std::string_view name = trimmed(line.substr(0, colon));
    std::string_view rest = colon == line.npos ? "" : line.substr(colon + 1);
    const std::size_t before = table.values.size();
    while (table.values.size() < before + table.cpus.size()) {
      const auto value = next_number<std::uint64_t>(rest);
      if (!value) break;
      table.values.push_back(*value);
    }
    const std::size_t count = table.values.size() - before;
    rest = trimmed(rest);
    if (count == table.cpus.size() && !name.empty()) {
      table.rows.push_back({name, rest});
      continue;
    }
    table.values.resize(before);
    if (count == 0 || name.empty() || !rest.empty()) errors.add(line);
  }
}

}  // namespace exporter
