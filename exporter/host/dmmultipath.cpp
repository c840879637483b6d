// dm-3/dm/{uuid,name,suspended}: "mpath-3600508b4000156d700012000000b0000", "mpatha", "0"
// dm-3/size: "209715200" (512 bytes each); dm-3/slaves/sdb; sdb/device/state: "running"
#include "exporter/host/dmmultipath.h"

#include "exporter/host/hardware.h"

namespace exporter {
namespace {

constexpr Family gauge(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kGauge, {"device", "sysfs_name"}};
}

constexpr Family kActive =
    gauge("node_dmmultipath_device_active", "1 when the device is in use, 0 when suspended.");
constexpr Family kSize = gauge("node_dmmultipath_device_size_bytes", "Size of the device.");
constexpr Family kPaths = gauge("node_dmmultipath_device_paths", "Paths to the device.");
constexpr Family kPathsActive =
    gauge("node_dmmultipath_device_paths_active", "Paths to the device that work.");
constexpr Family kPathsFailed =
    gauge("node_dmmultipath_device_paths_failed", "Paths to the device that do not work.");
constexpr Family kInfo{"node_dmmultipath_device_info",
                       "Identity of a multipath device; always 1.",
                       MetricType::kGauge,
                       {"device", "sysfs_name", "uuid"}};
constexpr Family kPathState{"node_dmmultipath_path_state",
                            "State of a path as its driver calls it; always 1.",
                            MetricType::kGauge,
                            {"device", "path", "state"}};

std::optional<Number> parse_suspended(std::string_view text) {
  if (text == "0") return Number(1);
  if (text == "1") return Number(0);
  return std::nullopt;
}

struct Path {
  std::string name;
  Attribute state;
};

void read_paths(std::vector<Path>& paths, const std::string& device, const std::string& sysfs_name,
                ReadBuffer& buffer, SampleList& out) {
  std::uint64_t active = 0;
  for (Path& path : paths) {
    const std::string_view state =
        path.state.read(buffer).value_or("unknown").substr(0, kMaxValueBytes);
    if (state == "running" || state == "live") ++active;
    out.add(kPathState, 1, device, path.name, state);
  }
  out.add(kPaths, paths.size(), device, sysfs_name);
  out.add(kPathsActive, active, device, sysfs_name);
  out.add(kPathsFailed, paths.size() - active, device, sysfs_name);
}

void discover(const std::string& directory, HardwarePlan& plan) {
  for (const std::string& entry : plan.list(directory)) {
    const std::string base = directory + "/" + entry;
    if (!is_numbered(entry, "dm-")) continue;
    const std::string uuid = read_text(base + "/dm/uuid");
    if (!uuid.starts_with("mpath-")) continue;
    const std::string device = read_text(base + "/dm/name");
    plan.constant(kInfo, 1, {device, entry, uuid});
    plan.number(kActive, base + "/dm/suspended", {device, entry}, {}, parse_suspended);
    plan.number(kSize, base + "/size", {device, entry}, {512, 0});
    const auto paths = std::make_shared<std::vector<Path>>();
    for (const std::string& path : plan.list(base + "/slaves")) {
      paths->push_back({path, Attribute(directory + "/" + path + "/device/state")});
    }
    plan.step([paths, device, entry](ReadBuffer& buffer, SampleList& out, FileErrors&) {
      read_paths(*paths, device, entry, buffer, out);
    });
  }
}

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  const std::string directory = context.roots.sysfs + "/block";
  return make_hardware_collector(
      context, {.name = "dmmultipath",
                .places = {directory},
                .discover = [directory](HardwarePlan& plan) { discover(directory, plan); },
                .no_device = NoDevice::kFine});
}

}  // namespace

CollectorRow dmmultipath_row() {
  return {"dmmultipath", true, "multipath devices and their paths (/sys/block/dm-*)", {}, make};
}

}  // namespace exporter
