// thermal_zone0/{type,temp}: "x86_pkg_temp", "52000" (thousandths of a degree).
// cooling_device3/{type,cur_state,max_state}: "Processor", "0", "10".
#include "exporter/host/thermal_zone.h"

#include "exporter/host/hardware.h"

namespace exporter {
namespace {

constexpr Family kTemperature{"node_thermal_zone_temp",
                              "Temperature of a thermal zone in degrees Celsius.",
                              MetricType::kGauge,
                              {"type", "zone"}};
constexpr Family kCurrent{"node_cooling_device_cur_state",
                          "Step at which a cooling device works now; 0 is off.",
                          MetricType::kGauge,
                          {"name", "type"}};
constexpr Family kMost{"node_cooling_device_max_state",
                       "Highest step of a cooling device.",
                       MetricType::kGauge,
                       {"name", "type"}};

constexpr std::string_view kZone = "thermal_zone";
constexpr std::string_view kDevice = "cooling_device";

void discover(const std::string& directory, HardwarePlan& plan) {
  for (const std::string& entry : plan.list(directory)) {
    const std::string base = directory + "/" + entry;
    const std::string type = read_text(base + "/type");
    if (is_numbered(entry, kZone)) {
      plan.number(kTemperature, base + "/temp", {type, entry.substr(kZone.size())}, {1, 3});
    } else if (is_numbered(entry, kDevice)) {
      const std::string name = entry.substr(kDevice.size());
      plan.number(kCurrent, base + "/cur_state", {name, type});
      plan.number(kMost, base + "/max_state", {name, type});
    }
  }
}

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  const std::string directory = context.roots.sysfs + "/class/thermal";
  return make_hardware_collector(
      context, {.name = "thermal_zone",
                .places = {directory},
                .discover = [directory](HardwarePlan& plan) { discover(directory, plan); },
                .may_block = true,
                .no_device = NoDevice::kFine});
}

}  // namespace

CollectorRow thermal_zone_row() {
  return {"thermal_zone",
          true,
          "temperatures of thermal zones, states of cooling devices (/sys/class/thermal)",
          {},
          make};
}

}  // namespace exporter
