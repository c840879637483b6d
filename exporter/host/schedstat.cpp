// version 15
// timestamp 4295240461
// cpu0 0 0 0 0 0 0 3146423187 51349071 27014     the last three: ns running, ns waiting, timeslices
// domain0 3 2010 1969 ...
#include "exporter/host/schedstat.h"

#include <array>

#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr Family counter(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kCounter, {"cpu"}};
}

constexpr Family kRunning =
    counter("node_schedstat_running_seconds_total", "Time the CPU ran tasks.");
constexpr Family kWaiting =
    counter("node_schedstat_waiting_seconds_total", "Time tasks waited for the CPU.");
constexpr Family kTimeslices =
    counter("node_schedstat_timeslices_total", "Timeslices the CPU gave to tasks.");

class SchedstatCollector final : public Collector {
 public:
  explicit SchedstatCollector(const HostContext& context)
      : file_(context.roots.procfs + "/schedstat", FileShape::kManyRecords) {}

  std::string_view name() const override { return "schedstat"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const auto text = file_.read(scrape.buffer);
    if (!text) return std::unexpected(text.error());
    LineErrors errors;
    parse_schedstat(*text, cpus_, errors);
    out.family(kRunning);
    for (const CpuSchedule& cpu : cpus_) out.add(Number::fixed(cpu.running_ns, 9), cpu.cpu);
    out.family(kWaiting);
    for (const CpuSchedule& cpu : cpus_) out.add(Number::fixed(cpu.waiting_ns, 9), cpu.cpu);
    out.family(kTimeslices);
    for (const CpuSchedule& cpu : cpus_) out.add(cpu.timeslices, cpu.cpu);
    return errors.result(file_.path());
  }

 private:
  KernelFile file_;
  std::vector<CpuSchedule> cpus_;
};

}  // namespace

void parse_schedstat(std::string_view text, std::vector<CpuSchedule>& cpus, LineErrors& errors) {
  cpus.clear();
  std::string_view line;
  while (next_line(text, line)) {
    if (!line.starts_with("cpu")) continue;
    std::string_view rest = line.substr(3);
    const std::string_view cpu = next_word(rest);
    std::array<std::uint64_t, 9> counts{};
    if (!to_number<std::uint32_t>(cpu) || next_numbers(rest, counts) != counts.size()) {
      errors.add(line);
      continue;
    }
    cpus.push_back({cpu, counts[6], counts[7], counts[8]});
  }
}

CollectorRow schedstat_row() {
  return {"schedstat",
          true,
          "what the scheduler counts per CPU (/proc/schedstat)",
          {},
          make_collector<SchedstatCollector>};
}

}  // namespace exporter
