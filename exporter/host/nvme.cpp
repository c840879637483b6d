// nvme0/{firmware_rev,model,serial,state,cntlid}: "GXA7801Q", "SAMSUNG MZVL2512", …, "live", "5"
// nvme0/nvme0n1/size: "1000215216" (512 bytes each), nuse: "500107608" (logical blocks),
// queue/logical_block_size: "512", ana_state: "optimized" (with native multipathing only, where
// namespaces are called nvme0c0n1).
#include "exporter/host/nvme.h"

#include "exporter/core/scan.h"
#include "exporter/host/hardware.h"

namespace exporter {
namespace {

constexpr Family kInfo{"node_nvme_info",
                       "Make and state of an NVMe controller; always 1.",
                       MetricType::kGauge,
                       {"cntlid", "device", "firmware_revision", "model", "serial", "state"}};
constexpr Family kNamespaceInfo{"node_nvme_namespace_info",
                                "Access state of an NVMe namespace; always 1.",
                                MetricType::kGauge,
                                {"ana_state", "device", "nsid"}};

constexpr Family of_namespace(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kGauge, {"device", "nsid"}};
}

constexpr Family kCapacity =
    of_namespace("node_nvme_namespace_capacity_bytes", "Room that the namespace can give out.");
constexpr Family kSize = of_namespace("node_nvme_namespace_size_bytes", "Size of the namespace.");
constexpr Family kUsed =
    of_namespace("node_nvme_namespace_used_bytes", "Room that the namespace has given out.");
constexpr Family kBlock = of_namespace("node_nvme_namespace_logical_block_size_bytes",
                                       "Size of a logical block of the namespace.");

// The N of "nvme0nN" or "nvme0cCnN" below the controller nvme0; empty for other names.
std::string namespace_id(std::string_view entry, std::string_view controller) {
  if (!entry.starts_with(controller)) return {};
  entry.remove_prefix(controller.size());
  if (entry.starts_with('c')) {
    entry.remove_prefix(1);
    if (!next_number<std::uint32_t>(entry)) return {};
  }
  return is_numbered(entry, "n") ? std::string(entry.substr(1)) : std::string();
}

void discover(const std::string& directory, HardwarePlan& plan) {
  for (const std::string& device : plan.list(directory)) {
    const std::string base = directory + "/" + device;
    std::vector<LabelSource> labels;
    labels.push_back(LabelSource::file(base + "/cntlid"));
    labels.push_back(LabelSource::text(device));
    for (const char* file : {"/firmware_rev", "/model", "/serial", "/state"}) {
      labels.push_back(LabelSource::file(base + file));
    }
    plan.info(kInfo, std::move(labels));
    for (const std::string& entry : plan.list(base)) {
      const std::string id = namespace_id(entry, device);
      if (id.empty()) continue;
      const std::string name = base + "/" + entry;
      const std::string block = read_text(name + "/queue/logical_block_size");
      plan.number(kCapacity, name + "/size", {device, id}, {512, 0});
      plan.number(kSize, name + "/size", {device, id}, {512, 0});
      plan.number(kBlock, name + "/queue/logical_block_size", {device, id});
      if (const auto bytes = to_number<std::uint32_t>(block)) {
        plan.number(kUsed, name + "/nuse", {device, id}, {*bytes, 0});
      }
      std::vector<LabelSource> sources;
      const std::string ana_state = name + "/ana_state";
      sources.push_back(read_text(ana_state).empty() ? LabelSource::text("unknown")
                                                     : LabelSource::file(ana_state));
      sources.push_back(LabelSource::text(device));
      sources.push_back(LabelSource::text(id));
      plan.info(kNamespaceInfo, std::move(sources));
    }
  }
}

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  const std::string directory = context.roots.sysfs + "/class/nvme";
  return make_hardware_collector(
      context, {.name = "nvme",
                .places = {directory},
                .discover = [directory](HardwarePlan& plan) { discover(directory, plan); },
                .may_block = true,
                .no_device = NoDevice::kFineInPlace});
}

}  // namespace

CollectorRow nvme_row() {
  return {"nvme", true, "NVMe controllers and namespaces (/sys/class/nvme)", {}, make};
}

}  // namespace exporter
