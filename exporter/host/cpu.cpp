#include "exporter/host/cpu.h"

#include <array>
#include <optional>

#include "exporter/host/cpu_info.h"
#include "exporter/host/cpu_sysfs.h"
#include "exporter/host/cpu_ticks.h"
#include "exporter/host/options.h"

namespace exporter {
namespace {

constexpr Family kSeconds{"node_cpu_seconds_total",
                          "Time a CPU spent in each mode since boot.",
                          MetricType::kCounter,
                          {"cpu", "mode"}};
constexpr Family kGuestSeconds{
    "node_cpu_guest_seconds_total",
    "Time a CPU ran virtual machines; part of its time in mode user or nice.",
    MetricType::kCounter,
    {"cpu", "mode"}};

constexpr std::array<std::string_view, 8> kModes{"user",   "nice", "system",  "idle",
                                                 "iowait", "irq",  "softirq", "steal"};
constexpr std::array<std::string_view, 2> kGuestModes{"user", "nice"};

constexpr CollectorOption kOptions[] = {
    {"cpu.guest", "true", "report node_cpu_guest_seconds_total"},
    {"cpu.info", "false", "report node_cpu_info and node_cpu_frequency_hertz"},
    {"cpu.info.flags-include", "", "features to report; turns cpu.info on"},
    {"cpu.info.bugs-include", "", "faults to report; turns cpu.info on"},
};

class CpuCollector final : public Collector {
 public:
  CpuCollector(const HostContext& context, bool guest, std::optional<CpuInfoReader> info)
      : file_(context.stat_file),
        sysfs_(context.roots.sysfs),
        info_(std::move(info)),
        guest_(guest) {}

  std::string_view name() const override { return "cpu"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const auto text = file_->read(scrape);
    if (!text) return std::unexpected(text.error());
    LineErrors errors;
    parse_cpu_ticks(*text, cpus_, errors);
    rising_.apply(cpus_);
    write_modes(kSeconds, kModes, CpuTicks::kUser, out);
    if (guest_) write_modes(kGuestSeconds, kGuestModes, CpuTicks::kGuest, out);
    sysfs_.write(scrape, out);
    const Result<void> info = info_ ? info_->write(scrape, out) : Result<void>();
    return errors.count() != 0 ? errors.result(file_->path()) : info;
  }

 private:
  void write_modes(const Family& family, std::span<const std::string_view> modes, std::size_t first,
                   SampleWriter& out) const {
    out.family(family);
    for (const CpuTicks& cpu : cpus_) {
      for (std::size_t i = 0; i < modes.size() && first + i < cpu.columns; ++i) {
        out.add(Number::fixed(cpu.ticks[first + i], 2), cpu.cpu, modes[i]);
      }
    }
  }

  std::shared_ptr<SharedFile> file_;
  std::vector<CpuTicks> cpus_;
  RisingTicks rising_;
  CpuSysfs sysfs_;
  std::optional<CpuInfoReader> info_;
  bool guest_;
};

// No filter when the option is empty: then nothing is wanted.
Result<std::optional<NameFilter>> optional_filter(const HostContext& context,
                                                  std::string_view name) {
  if (context.option(name).empty()) return std::nullopt;
  auto filter = filter_option(context, name);
  if (!filter) return std::unexpected(filter.error());
  return std::move(*filter);
}

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  const auto guest = flag_option(context, "cpu.guest");
  if (!guest) return std::unexpected(guest.error());
  const auto info = flag_option(context, "cpu.info");
  if (!info) return std::unexpected(info.error());
  auto flags = optional_filter(context, "cpu.info.flags-include");
  if (!flags) return std::unexpected(flags.error());
  auto bugs = optional_filter(context, "cpu.info.bugs-include");
  if (!bugs) return std::unexpected(bugs.error());
  std::optional<CpuInfoReader> reader;
  if (*info || *flags || *bugs) {
    reader.emplace(context.roots.procfs, std::move(*flags), std::move(*bugs));
  }
  return std::make_unique<CpuCollector>(context, *guest, std::move(reader));
}

}  // namespace

CollectorRow cpu_row() {
  return {"cpu", true, "CPU time by mode, throttling, online CPUs (/proc/stat, sysfs)", kOptions,
          make};
}

}  // namespace exporter
