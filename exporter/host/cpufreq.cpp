// cpu0/cpufreq/{cpuinfo,scaling}_{cur,min,max}_freq: "2400000" (kHz)
// cpu0/cpufreq/scaling_available_governors: "performance powersave", scaling_governor: "powersave"
//
// Asking for the present rate may interrupt the CPU that is asked about and takes up to 20 ms on
// some, so it is done on a thread of its own.
#include "exporter/host/cpufreq.h"

#include <array>

#include "exporter/host/hardware.h"

namespace exporter {
namespace {

constexpr Family of_cpu(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kGauge, {"cpu"}};
}

struct Output {
  Family family;
  std::string_view file;
};

constexpr std::array<Output, 7> kOutputs{{
    {of_cpu("node_cpu_frequency_hertz", "Clock rate that the hardware reports now."),
     "cpuinfo_cur_freq"},
    {of_cpu("node_cpu_frequency_avg_hertz", "Clock rate over the last moments, by the hardware."),
     "cpuinfo_avg_freq"},
    {of_cpu("node_cpu_frequency_min_hertz", "Lowest clock rate of the hardware."),
     "cpuinfo_min_freq"},
    {of_cpu("node_cpu_frequency_max_hertz", "Highest clock rate of the hardware."),
     "cpuinfo_max_freq"},
    {of_cpu("node_cpu_scaling_frequency_hertz", "Clock rate that the kernel last asked for."),
     "scaling_cur_freq"},
    {of_cpu("node_cpu_scaling_frequency_min_hertz", "Lowest clock rate that the policy allows."),
     "scaling_min_freq"},
    {of_cpu("node_cpu_scaling_frequency_max_hertz", "Highest clock rate that the policy allows."),
     "scaling_max_freq"},
}};

constexpr Family kGovernor{"node_cpu_scaling_governor",
                           "1 for the governor that chooses the clock rate, 0 for the others there "
                           "are.",
                           MetricType::kGauge,
                           {"cpu", "governor"}};

// kHz as a rate of CPUs that do not exist would be: "<unknown>".
std::optional<Number> parse_rate(std::string_view text) {
  if (text.starts_with('<')) return Number::nan();
  return to_value(text);
}

void discover(const std::string& directory, HardwarePlan& plan) {
  plan.watch_text(directory + "/online");
  for (const std::string& entry : plan.list(directory)) {
    if (!is_numbered(entry, "cpu")) continue;
    const std::string cpu = entry.substr(3);
    const std::string base = directory + "/" + entry + "/cpufreq/";
    for (const Output& output : kOutputs) {
      plan.number(output.family, base + std::string(output.file), {cpu}, {1000, 0}, parse_rate);
    }
    const auto governors = words_of(read_text(base + "scaling_available_governors"));
    if (governors.empty()) continue;
    plan.file(base + "scaling_governor",
              [cpu, governors](std::string_view text, SampleList& out, FileErrors&) {
                for (const std::string& governor : governors) {
                  out.add(kGovernor, governor == text ? 1 : 0, cpu, governor);
                }
              });
  }
}

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  const std::string directory = context.roots.sysfs + "/devices/system/cpu";
  return make_hardware_collector(
      context, {.name = "cpufreq",
                .places = {directory + "/cpufreq", directory + "/cpu0/cpufreq"},
                .discover = [directory](HardwarePlan& plan) { discover(directory, plan); },
                .may_block = true,
                .no_device = NoDevice::kFine});
}

}  // namespace

CollectorRow cpufreq_row() {
  return {"cpufreq",
          true,
          "clock rates and governors of CPUs (/sys/devices/system/cpu/cpu*/cpufreq)",
          {},
          make};
}

}  // namespace exporter
