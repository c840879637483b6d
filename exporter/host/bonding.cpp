// bonding_masters: "bond0 bond1"
// bond0/bonding/slaves: "eth0 eth1"; bond0/lower_eth0/bonding_slave/mii_status: "up"
#include "exporter/host/bonding.h"

#include "exporter/host/hardware.h"

namespace exporter {
namespace {

constexpr Family kSlaves{
    "node_bonding_slaves", "Interfaces that are bonded together.", MetricType::kGauge, {"master"}};
constexpr Family kActive{"node_bonding_active",
                         "Interfaces of a bond whose link is up.",
                         MetricType::kGauge,
                         {"master"}};

void discover(const std::string& directory, HardwarePlan& plan) {
  const std::string list = directory + "/bonding_masters";
  plan.watch_text(list);
  for (const std::string& master : words_of(read_text(list, kMaxListBytes))) {
    const std::string base = directory + "/" + master;
    plan.watch_text(base + "/bonding/slaves");
    const auto slaves = words_of(read_text(base + "/bonding/slaves", kMaxListBytes));
    const auto links = std::make_shared<std::vector<Attribute>>();
    for (const std::string& slave : slaves) {
      const std::string lower = base + "/lower_" + slave;
      links->emplace_back((has_entries(lower) ? lower : base + "/slave_" + slave) +
                          "/bonding_slave/mii_status");
    }
    plan.constant(kSlaves, slaves.size(), {master});
    plan.step([master, links](ReadBuffer& buffer, SampleList& out, FileErrors&) {
      std::uint64_t active = 0;
      for (Attribute& link : *links) active += link.read(buffer) == "up" ? 1 : 0;
      out.add(kActive, active, master);
    });
  }
}

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  const std::string directory = context.roots.sysfs + "/class/net";
  return make_hardware_collector(
      context, {.name = "bonding",
                .places = {directory + "/bonding_masters"},
                .discover = [directory](HardwarePlan& plan) { discover(directory, plan); },
                .no_device = NoDevice::kFineInPlace});
}

}  // namespace

CollectorRow bonding_row() {
  return {"bonding", true, "bonded network interfaces (/sys/class/net/*/bonding)", {}, make};
}

}  // namespace exporter
