// intel-rapl:0/{name,energy_uj}: "package-0", "240422366267"; intel-rapl:0:0/name: "core"
//
// energy_uj is readable by root only since it can tell secrets; others have no data.
#include "exporter/host/rapl.h"

#include <map>

#include "exporter/core/scan.h"
#include "exporter/host/hardware.h"
#include "exporter/host/options.h"

namespace exporter {
namespace {

constexpr std::string_view kHelp = "Energy that was used since an unknown start.";
constexpr Family kLikeZone{
    "node_rapl_joules_total", kHelp, MetricType::kCounter, {"index", "path"}};
constexpr Family kLabelled{
    "node_rapl_joules_total", kHelp, MetricType::kCounter, {"index", "path", "rapl_zone"}};

constexpr CollectorOption kOptions[] = {
    {"rapl.enable-zone-label", "false", "name zones in a label instead of the metric's name"},
};

struct Zone {
  std::string name;
  std::string index;
};

// "package-1" is the package of index 1; other names count how often they were seen.
Zone make_zone(const std::string& name, std::map<std::string, std::uint64_t>& seen) {
  const std::size_t dash = name.find('-');
  const bool one_dash = dash != std::string::npos && name.find('-', dash + 1) == std::string::npos;
  Zone zone{name, {}};
  std::uint64_t index = 0;
  const auto given = one_dash ? to_number<std::uint64_t>(name.substr(dash + 1)) : std::nullopt;
  if (given) {
    zone.name = name.substr(0, dash);
    index = *given;
  } else {
    index = seen[name];
  }
  zone.index = std::to_string(index);
  seen[zone.name] = index + 1;
  return zone;
}

void discover(const std::string& directory, bool zone_label, HardwarePlan& plan) {
  std::map<std::string, std::uint64_t> seen;
  for (const std::string& entry : plan.list(directory)) {
    const std::string path = directory + "/" + entry;
    const std::string name = read_text(path + "/name");
    if (name.empty()) continue;
    const Zone zone = make_zone(name, seen);
    if (zone_label) {
      plan.number(kLabelled, path + "/energy_uj", {zone.index, path, zone.name}, {1, 6});
      continue;
    }
    const Family* family =
        plan.families().get("node_rapl_" + zone.name + "_joules_total", kLikeZone);
    if (family != nullptr) plan.number(*family, path + "/energy_uj", {zone.index, path}, {1, 6});
  }
}

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  const auto zone_label = flag_option(context, "rapl.enable-zone-label");
  if (!zone_label) return std::unexpected(zone_label.error());
  const std::string directory = context.roots.sysfs + "/class/powercap";
  return make_hardware_collector(
      context, {.name = "rapl",
                .places = {directory},
                .discover = [directory, zone_label = *zone_label](
                                HardwarePlan& plan) { discover(directory, zone_label, plan); },
                .no_device = NoDevice::kFineInPlace});
}

}  // namespace

CollectorRow rapl_row() {
  return {"rapl", true, "energy used by processors and memory (/sys/class/powercap)", kOptions,
          make};
}

}  // namespace exporter
