// processor       : 0
// model name      : ...
// flags           : fpu vme de ...
// (empty line, next CPU)
#include "exporter/host/cpu_info.h"

#include <array>
#include <cmath>
#include <utility>

#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr Family kInfo{"node_cpu_info",
                       "Make and model of a CPU; always 1.",
                       MetricType::kGauge,
                       {"cachesize", "core", "cpu", "family", "microcode", "model", "model_name",
                        "package", "stepping", "vendor"}};
constexpr Family kFrequency{"node_cpu_frequency_hertz",
                            "Frequency at which a CPU runs now.",
                            MetricType::kGauge,
                            {"core", "cpu", "package"}};
constexpr Family kFlag{
    "node_cpu_flag_info", "Features of the first CPU; always 1.", MetricType::kGauge, {"flag"}};
constexpr Family kBug{
    "node_cpu_bug_info", "Known faults of the first CPU; always 1.", MetricType::kGauge, {"bug"}};

constexpr std::array<std::pair<std::string_view, std::string_view CpuInfo::*>, 12> kKeys{{
    {"processor", &CpuInfo::processor},
    {"vendor_id", &CpuInfo::vendor},
    {"cpu family", &CpuInfo::family},
    {"model", &CpuInfo::model},
    {"model name", &CpuInfo::model_name},
    {"stepping", &CpuInfo::stepping},
    {"microcode", &CpuInfo::microcode},
    {"cache size", &CpuInfo::cache_size},
    {"physical id", &CpuInfo::package},
    {"core id", &CpuInfo::core},
    {"flags", &CpuInfo::flags},
    {"bugs", &CpuInfo::bugs},
}};

void write_words(const Family& family, std::string_view words, OrderedFilter& filter,
                 SampleWriter& out) {
  out.family(family);
  filter.restart();
  while (!words.empty()) {
    const std::string_view word = next_word(words);
    skip_blanks(words);
    if (filter.passes(word)) out.add(1, word);
  }
}

}  // namespace

void parse_cpuinfo(std::string_view text, std::vector<CpuInfo>& cpus) {
  cpus.clear();
  std::string_view line;
  while (next_line(text, line)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view key = trimmed(line.substr(0, colon));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (key == "processor") cpus.emplace_back();
    if (cpus.empty()) continue;
    if (key == "cpu MHz") cpus.back().mhz = to_number<double>(value);
    for (const auto& [name, member] : kKeys) {
      if (key == name) cpus.back().*member = value;
    }
  }
}

CpuInfoReader::CpuInfoReader(const std::string& procfs, std::optional<NameFilter> flags,
                             std::optional<NameFilter> bugs)
    : file_(procfs + "/cpuinfo", FileShape::kManyRecords) {
  if (flags) flags_.emplace(std::move(*flags));
  if (bugs) bugs_.emplace(std::move(*bugs));
}

Result<void> CpuInfoReader::write(const Scrape& scrape, SampleWriter& out) {
  const auto text = file_.read(scrape.buffer);
  if (!text) return std::unexpected(text.error());
  parse_cpuinfo(*text, cpus_);
  out.family(kInfo);
  for (const CpuInfo& cpu : cpus_) {
    out.add(1, cpu.cache_size, cpu.core, cpu.processor, cpu.family, cpu.microcode, cpu.model,
            cpu.model_name, cpu.package, cpu.stepping, cpu.vendor);
  }
  out.family(kFrequency);
  for (const CpuInfo& cpu : cpus_) {
    if (cpu.mhz) out.add(std::round(*cpu.mhz * 1e6), cpu.core, cpu.processor, cpu.package);
  }
  if (cpus_.empty()) return {};
  if (flags_) write_words(kFlag, cpus_.front().flags, *flags_, out);
  if (bugs_) write_words(kBug, cpus_.front().bugs, *bugs_, out);
  return {};
}

}  // namespace exporter
