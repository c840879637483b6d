// cpu  5123 0 2094 150228 472 0 58 38 0 0      all CPUs, not used
// cpu0 1829 0 625 76537 14 0 9 13 0 0
#include "exporter/host/cpu_ticks.h"

#include <algorithm>
#include <map>

#include "exporter/core/scan.h"

namespace exporter {

void parse_cpu_ticks(std::string_view text, std::vector<CpuTicks>& cpus, LineErrors& errors) {
  cpus.clear();
  std::string_view line;
  while (next_line(text, line)) {
    if (!line.starts_with("cpu") || line.starts_with("cpu ")) continue;
    std::string_view rest = line.substr(3);
    CpuTicks cpu{.cpu = next_word(rest)};
    cpu.columns = next_numbers(rest, cpu.ticks);
    skip_blanks(rest);
    const bool stopped_early = cpu.columns < cpu.ticks.size() && !rest.empty();
    if (!to_number<std::uint32_t>(cpu.cpu) || cpu.columns <= CpuTicks::kIdle || stopped_early) {
      errors.add(line);
    } else {
      cpus.push_back(cpu);
    }
  }
}

void RisingTicks::apply(std::vector<CpuTicks>& cpus) {
  constexpr std::uint64_t kResetTicks = 300;
  if (!std::ranges::equal(held_, cpus, {}, &Held::cpu, &CpuTicks::cpu)) follow(cpus);
  for (std::size_t i = 0; i < cpus.size(); ++i) {
    auto& held = held_[i].ticks;
    auto& fresh = cpus[i].ticks;
    const std::uint64_t idle = fresh[CpuTicks::kIdle];
    if (held[CpuTicks::kIdle] > idle && held[CpuTicks::kIdle] - idle >= kResetTicks) held = {};
    for (std::size_t column = 0; column < fresh.size(); ++column) {
      fresh[column] = held[column] = std::max(held[column], fresh[column]);
    }
  }
}

void RisingTicks::follow(const std::vector<CpuTicks>& cpus) {
  std::map<std::string, Held, std::less<>> known;
  for (Held& held : held_) known.emplace(held.cpu, held);
  held_.clear();
  for (const CpuTicks& cpu : cpus) {
    const auto before = known.find(cpu.cpu);
    held_.push_back(before != known.end() ? before->second : Held{.cpu = std::string(cpu.cpu)});
  }
}

}  // namespace exporter
