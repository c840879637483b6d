// online, isolated:                          "0-2,5\n", isolated is often empty
// cpu0/topology/{physical_package_id,core_id}: "0\n"
// cpu0/thermal_throttle/{core,package}_throttle_count: "17\n"
#include "exporter/host/cpu_sysfs.h"

#include <algorithm>

#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr Family kOnline{"node_cpu_online",
                         "1 for a CPU that is switched on, 0 for one that is off.",
                         MetricType::kGauge,
                         {"cpu"}};
constexpr Family kIsolated{"node_cpu_isolated",
                           "CPUs that the scheduler leaves alone; always 1.",
                           MetricType::kGauge,
                           {"cpu"}};
constexpr Family kCoreThrottles{"node_cpu_core_throttles_total",
                                "Times that a core was slowed down because of its heat.",
                                MetricType::kCounter,
                                {"core", "package"}};
constexpr Family kPackageThrottles{"node_cpu_package_throttles_total",
                                   "Times that a package was slowed down because of its heat.",
                                   MetricType::kCounter,
                                   {"package"}};

constexpr std::uint32_t kMaxCpus = 65536;

// The numbers N of the directories cpuN.
std::vector<std::uint32_t> list_cpus(const std::string& directory) {
  std::vector<std::uint32_t> cpus;
  for (const std::string& entry : list_directory(directory)) {
    if (!entry.starts_with("cpu")) continue;
    if (const auto number = to_number<std::uint32_t>(entry.substr(3))) cpus.push_back(*number);
  }
  std::ranges::sort(cpus);
  return cpus;
}

std::string read_trimmed(const std::string& path) {
  const auto text = read_file(path);
  return text ? std::string(trimmed(*text)) : std::string();
}

}  // namespace

bool parse_cpu_list(std::string_view text, std::vector<std::uint32_t>& cpus) {
  text = trimmed(text);
  while (!text.empty()) {
    const auto first = next_number<std::uint32_t>(text);
    auto last = first;
    if (text.starts_with('-')) {
      text.remove_prefix(1);
      last = next_number<std::uint32_t>(text);
    }
    if (!first || !last || *last < *first || *last >= kMaxCpus) return false;
    if (!text.empty() && text.front() != ',') return false;
    for (std::uint32_t cpu = *first; cpu <= *last; ++cpu) cpus.push_back(cpu);
    if (!text.empty()) text.remove_prefix(1);
  }
  return true;
}

CpuSysfs::CpuSysfs(const std::string& sysfs)
    : directory_(sysfs + "/devices/system/cpu"), online_file_(directory_ + "/online") {}

void CpuSysfs::add_throttle(std::vector<Throttle>& throttles, std::string package, std::string core,
                            const std::string& path) {
  const bool known = std::ranges::any_of(throttles, [&](const Throttle& throttle) {
    return throttle.package == package && throttle.core == core;
  });
  if (known || !to_number<std::uint64_t>(read_trimmed(path))) return;
  throttles.push_back({std::move(package), std::move(core), KernelFile(path)});
}

void CpuSysfs::find_throttles(std::uint32_t cpu) {
  const std::string base = directory_ + "/cpu" + std::to_string(cpu);
  const std::string package = read_trimmed(base + "/topology/physical_package_id");
  const std::string core = read_trimmed(base + "/topology/core_id");
  if (package.empty() || core.empty()) return;
  add_throttle(cores_, package, core, base + "/thermal_throttle/core_throttle_count");
  add_throttle(packages_, package, "", base + "/thermal_throttle/package_throttle_count");
}

void CpuSysfs::walk() {
  cpus_.clear();
  isolated_.clear();
  cores_.clear();
  packages_.clear();
  std::vector<std::uint32_t> online;
  std::vector<std::uint32_t> isolated;
  parse_cpu_list(online_text_, online);
  parse_cpu_list(read_trimmed(directory_ + "/isolated"), isolated);
  for (const std::uint32_t cpu : isolated) isolated_.push_back(std::to_string(cpu));
  const bool can_switch_off = read_file(directory_ + "/cpu0/online").has_value();
  for (const std::uint32_t cpu : list_cpus(directory_)) {
    if (can_switch_off) {
      cpus_.push_back({std::to_string(cpu), std::ranges::binary_search(online, cpu)});
    }
    find_throttles(cpu);
  }
}

void CpuSysfs::write(const Scrape& scrape, SampleWriter& out) {
  const auto online = online_file_.read(scrape.buffer);
  const std::string_view text = online ? *online : std::string_view();
  if (!walked_ || text != online_text_) {
    online_text_ = text;
    walk();
    walked_ = true;
  }
  const auto read_count = [&scrape](Throttle& throttle) {
    const auto count = throttle.count.read(scrape.buffer);
    return count ? to_number<std::uint64_t>(trimmed(*count)) : std::nullopt;
  };
  out.family(kOnline);
  for (const Cpu& cpu : cpus_) out.add(cpu.online ? 1 : 0, cpu.number);
  out.family(kIsolated);
  for (const std::string& cpu : isolated_) out.add(1, cpu);
  out.family(kCoreThrottles);
  for (Throttle& throttle : cores_) {
    if (const auto count = read_count(throttle)) out.add(*count, throttle.core, throttle.package);
  }
  out.family(kPackageThrottles);
  for (Throttle& throttle : packages_) {
    if (const auto count = read_count(throttle)) out.add(*count, throttle.package);
  }
}

}  // namespace exporter
