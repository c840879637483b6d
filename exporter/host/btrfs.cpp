// UUID/label: "pool", UUID/devices/sda1/size: "20971520" (512 bytes each)
// UUID/allocation/data/{bytes_reserved,raid1/total_bytes,raid1/used_bytes}: "808189952"
// UUID/commit_stats: "commits 1234\nlast_commit_ms 12\nmax_commit_ms 950\ntotal_commit_ms 44000"
//
// Where the file system is mounted and can be asked, devices come from it, with a label more.
#include "exporter/host/btrfs.h"

#include <fcntl.h>

#include <algorithm>
#include <array>

#include "exporter/core/scan.h"
#include "exporter/host/btrfs_devices.h"
#include "exporter/host/hardware.h"
#include "exporter/host/mountinfo.h"

namespace exporter {
namespace {

constexpr Family of_uuid(std::string_view name, std::string_view help,
                         MetricType type = MetricType::kGauge) {
  return {name, help, type, {"uuid"}};
}
constexpr Family of_layout(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kGauge, {"block_group_type", "mode", "uuid"}};
}

constexpr Family kInfo{
    "node_btrfs_info", "A btrfs file system; always 1.", MetricType::kGauge, {"label", "uuid"}};
constexpr Family kGlobalReserve =
    of_uuid("node_btrfs_global_rsv_size_bytes", "Room kept back for the file system itself.");
constexpr Family kReserved{"node_btrfs_reserved_bytes",
                           "Room that is promised and not yet used, by kind of data.",
                           MetricType::kGauge,
                           {"block_group_type", "uuid"}};
constexpr Family kUsed =
    of_layout("node_btrfs_used_bytes", "Room in use, by kind of data and layout.");
constexpr Family kSize =
    of_layout("node_btrfs_size_bytes", "Room set aside, by kind of data and layout.");
constexpr Family kRatio =
    of_layout("node_btrfs_allocation_ratio", "Room on devices that a byte takes in this layout.");
constexpr Family kDeviceSize{"node_btrfs_device_size_bytes",
                             "Size of a device.",
                             MetricType::kGauge,
                             {"btrfs_dev_uuid", "device", "uuid"},
                             {},
                             EmptyLabels::kLeftOut};
constexpr Family kUnused{"node_btrfs_device_unused_bytes",
                         "Room of a device that is not set aside.",
                         MetricType::kGauge,
                         {"btrfs_dev_uuid", "device", "uuid"}};
constexpr Family kErrors{"node_btrfs_device_errors_total",
                         "Errors of a device.",
                         MetricType::kCounter,
                         {"btrfs_dev_uuid", "device", "type", "uuid"}};

struct CommitLine {
  std::string_view name;
  Family family;
  std::uint8_t decimals;
};
constexpr std::array kCommitLines{
    CommitLine{"commits",
               of_uuid("node_btrfs_commits_total", "Commits that were made.", MetricType::kCounter),
               0},
    CommitLine{"last_commit_ms",
               of_uuid("node_btrfs_last_commit_seconds", "Time that the last commit took."), 3},
    CommitLine{"max_commit_ms",
               of_uuid("node_btrfs_max_commit_seconds", "Time that the longest commit took."), 3},
    CommitLine{"total_commit_ms",
               of_uuid("node_btrfs_commit_seconds_total", "Time that all commits took together.",
                       MetricType::kCounter),
               3},
};

// 0: not a layout.
double ratio_of(std::string_view mode, std::size_t devices) {
  const auto n = static_cast<double>(devices);
  if (mode == "single" || mode == "raid0") return 1;
  if (mode == "dup" || mode == "raid1" || mode == "raid10") return 2;
  if (mode == "raid1c3") return 3;
  if (mode == "raid1c4") return 4;
  if (mode == "raid5") return devices < 2 ? 0 : n / (n - 1);
  if (mode == "raid6") return devices < 3 ? 0 : n / (n - 2);
  return 0;
}

void discover_allocation(const std::string& base, const std::string& kind, const std::string& uuid,
                         std::size_t devices, HardwarePlan& plan) {
  plan.number(kReserved, base + "bytes_reserved", {kind, uuid});
  for (const std::string& mode : plan.list(base)) {
    const double ratio = ratio_of(mode, devices);
    const std::string files = base + mode + "/";
    if (ratio == 0 || !has_entries(files)) continue;
    plan.number(kUsed, files + "used_bytes", {kind, mode, uuid});
    plan.number(kSize, files + "total_bytes", {kind, mode, uuid});
    plan.constant(kRatio, ratio, {kind, mode, uuid});
  }
}

void write_asked(const BtrfsFilesystem& filesystem, SampleList& out) {
  for (const BtrfsDevice& device : filesystem.devices) {
    out.add(kDeviceSize, device.total_bytes, device.uuid, device.name, filesystem.uuid);
    out.add(kUnused, device.total_bytes - std::min(device.used_bytes, device.total_bytes),
            device.uuid, device.name, filesystem.uuid);
    const auto error = [&](std::uint64_t count, std::string_view type) {
      out.add(kErrors, count, device.uuid, device.name, type, filesystem.uuid);
    };
    error(device.write_errors, "write");
    error(device.read_errors, "read");
    error(device.flush_errors, "flush");
    error(device.corruption_errors, "corruption");
    error(device.generation_errors, "generation");
  }
}

std::vector<std::string> mount_points(const HostContext& context) {
  std::vector<std::string> points;
  for (const char* who : {"1", "self"}) {
    const auto text = read_file(context.roots.procfs + "/" + who + "/mountinfo");
    if (!text) continue;
    std::vector<MountLine> mounts;
    LineErrors ignored;
    parse_mountinfo(*text, mounts, ignored);
    for (const MountLine& mount : mounts) {
      if (mount.fs_type != "btrfs") continue;
      points.push_back(context.roots.rootfs + unescape_mount(mount.mount_point));
    }
    return points;
  }
  return points;
}

// The first mount point of each file system that answers. Opened for each reading: a kept
// descriptor would keep the file system from being unmounted.
std::vector<BtrfsFilesystem> ask_all(const HostContext& context) {
  std::vector<BtrfsFilesystem> answers;
  for (const std::string& point : mount_points(context)) {
    const FileDescriptor fd(::open(point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) continue;
    auto answer = ask_btrfs(fd.get());
    if (!answer) continue;
    const auto known = std::ranges::find(answers, answer->uuid, &BtrfsFilesystem::uuid);
    if (known == answers.end()) answers.push_back(std::move(*answer));
  }
  return answers;
}

void write_commits(std::string_view text, const std::string& path, const std::string& uuid,
                   SampleList& out, FileErrors& errors) {
  LineErrors bad;
  parse_btrfs_commits(text, uuid, out, bad);
  errors.add(path, bad);
}

struct Device {
  std::string name;
  Attribute sectors;
};

// Of one file system; shown when it cannot be asked.
struct Devices {
  std::string uuid;
  std::vector<Device> devices;
};

void discover(const HostContext& context, HardwarePlan& plan) {
  const std::string directory = context.roots.sysfs + "/fs/btrfs";
  const auto all = std::make_shared<std::vector<Devices>>();
  for (const std::string& uuid : plan.list(directory)) {
    if (uuid.find('-') == std::string::npos) continue;
    const std::string base = directory + "/" + uuid + "/";
    Devices devices{uuid, {}};
    for (const std::string& name : plan.list(base + "devices")) {
      std::string size = base + "devices/" + name + "/size";
      devices.devices.push_back({name, Attribute(std::move(size))});
    }
    std::vector<LabelSource> labels;
    labels.push_back(LabelSource::file(base + "label"));
    labels.push_back(LabelSource::text(uuid));
    plan.info(kInfo, std::move(labels));
    plan.number(kGlobalReserve, base + "allocation/global_rsv_size", {uuid});
    const std::string commits = base + "commit_stats";
    plan.file(commits, [=](std::string_view text, SampleList& out, FileErrors& errors) {
      write_commits(text, commits, uuid, out, errors);
    });
    for (const char* kind : {"data", "metadata", "system"}) {
      discover_allocation(base + "allocation/" + kind + "/", kind, uuid, devices.devices.size(),
                          plan);
    }
    all->push_back(std::move(devices));
  }
  if (all->empty()) return;
  plan.step([context, all](ReadBuffer& buffer, SampleList& out, FileErrors&) {
    const std::vector<BtrfsFilesystem> asked = ask_all(context);
    for (Devices& known : *all) {
      const auto answer = std::ranges::find(asked, known.uuid, &BtrfsFilesystem::uuid);
      if (answer != asked.end()) {
        write_asked(*answer, out);
        continue;
      }
      for (Device& device : known.devices) {
        const auto text = device.sectors.read(buffer);
        const auto sectors = text ? to_value(*text) : std::nullopt;
        if (sectors) out.add(kDeviceSize, scaled(*sectors, {512, 0}), "", device.name, known.uuid);
      }
    }
  });
}

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  return make_hardware_collector(
      context, {.name = "btrfs",
                .places = {context.roots.sysfs + "/fs/btrfs"},
                .discover = [context](HardwarePlan& plan) { discover(context, plan); },
                .may_block = true,
                .no_device = NoDevice::kFine});
}

}  // namespace

void parse_btrfs_commits(std::string_view text, const std::string& uuid, SampleList& out,
                         LineErrors& errors) {
  std::string_view line;
  while (next_line(text, line)) {
    std::string_view rest = line;
    const std::string_view name = next_word(rest);
    const auto known = std::ranges::find(kCommitLines, name, &CommitLine::name);
    if (known == kCommitLines.end()) continue;
    if (const auto value = next_number<std::uint64_t>(rest)) {
      out.add(known->family, Number::fixed(*value, known->decimals), uuid);
    } else {
      errors.add(line);
    }
  }
}

CollectorRow btrfs_row() {
  return {"btrfs", true, "btrfs file systems and their devices (/sys/fs/btrfs, ioctl)", {}, make};
}

}  // namespace exporter
