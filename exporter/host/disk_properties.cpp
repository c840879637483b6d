// U/b254:0:  S:disk/by-path/virtio-pci-0000:00:05.0
//            E:ID_PATH=virtio-pci-0000:00:05.0
//            E:ID_FS_TYPE=ext4
// S/block/vda/queue/rotational: "1\n"
#include "exporter/host/disk_properties.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <utility>

#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr Family kInfo{
    "node_disk_info",
    "Make and place of a block device; always 1.",
    MetricType::kGauge,
    {"device", "major", "minor", "model", "path", "revision", "rotational", "serial", "wwn"}};
constexpr Family kFilesystemInfo{"node_disk_filesystem_info",
                                 "File system on a block device; always 1.",
                                 MetricType::kGauge,
                                 {"device", "type", "usage", "uuid", "version"}};
constexpr Family kMapperInfo{"node_disk_device_mapper_info",
                             "Names of a device mapper device; always 1.",
                             MetricType::kGauge,
                             {"device", "lv_layer", "lv_name", "name", "uuid", "vg_name"}};
constexpr Family kAtaWriteCache{"node_disk_ata_write_cache",
                                "1 when the disk has a write cache.",
                                MetricType::kGauge,
                                {"device"}};
constexpr Family kAtaWriteCacheEnabled{"node_disk_ata_write_cache_enabled",
                                       "1 when the disk's write cache is on.",
                                       MetricType::kGauge,
                                       {"device"}};
constexpr Family kAtaRotationRate{"node_disk_ata_rotation_rate_rpm",
                                  "Rotations of the disk per minute; 0 without moving parts.",
                                  MetricType::kGauge,
                                  {"device"}};

constexpr std::array<std::pair<std::string_view, std::string UdevProperties::*>, 20> kKeys{{
    {"ID_PATH", &UdevProperties::path},
    {"ID_WWN", &UdevProperties::wwn},
    {"ID_MODEL", &UdevProperties::model},
    {"ID_REVISION", &UdevProperties::revision},
    {"SCSI_IDENT_SERIAL", &UdevProperties::scsi_serial},
    {"ID_SERIAL_SHORT", &UdevProperties::short_serial},
    {"ID_SERIAL", &UdevProperties::serial},
    {"ID_FS_TYPE", &UdevProperties::fs_type},
    {"ID_FS_USAGE", &UdevProperties::fs_usage},
    {"ID_FS_UUID", &UdevProperties::fs_uuid},
    {"ID_FS_VERSION", &UdevProperties::fs_version},
    {"DM_NAME", &UdevProperties::dm_name},
    {"DM_UUID", &UdevProperties::dm_uuid},
    {"DM_VG_NAME", &UdevProperties::dm_vg_name},
    {"DM_LV_NAME", &UdevProperties::dm_lv_name},
    {"DM_LV_LAYER", &UdevProperties::dm_lv_layer},
    {"ID_ATA", &UdevProperties::ata},
    {"ID_ATA_WRITE_CACHE", &UdevProperties::ata_write_cache},
    {"ID_ATA_WRITE_CACHE_ENABLED", &UdevProperties::ata_write_cache_enabled},
    {"ID_ATA_ROTATION_RATE_RPM", &UdevProperties::ata_rotation_rate},
}};

// In sysfs the name of a device has '!' where its name has '/': cciss/c0d0.
std::string sysfs_name(std::string_view device) {
  std::string name(device);
  std::ranges::replace(name, '/', '!');
  return name;
}

std::string read_rotational(const Roots& roots, std::string_view device) {
  const auto text = read_file(roots.sysfs + "/block/" + sysfs_name(device) + "/queue/rotational");
  return text ? std::string(trimmed(*text)) : "0";
}

}  // namespace

const std::string& UdevProperties::best_serial() const {
  if (!scsi_serial.empty()) return scsi_serial;
  return short_serial.empty() ? serial : short_serial;
}

UdevProperties parse_udev(std::string_view text) {
  UdevProperties properties;
  std::string_view line;
  while (next_line(text, line)) {
    const std::size_t equals = line.find('=');
    if (!line.starts_with("E:") || equals == std::string_view::npos) continue;
    const std::string_view key = line.substr(2, equals - 2);
    for (const auto& [name, member] : kKeys) {
      if (key == name) properties.*member = line.substr(equals + 1);
    }
  }
  return properties;
}

bool DiskProperties::is_current(const std::vector<DiskStats>& disks) {
  struct stat status{};
  std::int64_t changed_ns = 0;
  if (::stat(roots_.udev.c_str(), &status) == 0) {
    changed_ns = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  }
  if (std::exchange(udev_changed_ns_, changed_ns) != changed_ns) return false;
  return std::ranges::equal(disks_, disks, {}, &Disk::device, &DiskStats::device);
}

void DiskProperties::update(const std::vector<DiskStats>& disks) {
  if (is_current(disks)) return;
  disks_.clear();
  for (const DiskStats& disk : disks) {
    Disk& entry = disks_.emplace_back();
    entry.device = disk.device;
    entry.major = std::to_string(disk.major);
    entry.minor = std::to_string(disk.minor);
    entry.rotational = read_rotational(roots_, disk.device);
    if (const auto text = read_file(roots_.udev + "/b" + entry.major + ":" + entry.minor)) {
      entry.udev = parse_udev(*text);
    }
  }
}

void DiskProperties::write(SampleWriter& out) const {
  out.family(kInfo);
  for (const auto& [device, major, minor, rotational, udev] : disks_) {
    out.add(1, device, major, minor, udev.model, udev.path, udev.revision, rotational,
            udev.best_serial(), udev.wwn);
  }
  out.family(kFilesystemInfo);
  for (const auto& [device, major, minor, rotational, udev] : disks_) {
    if (udev.fs_type.empty()) continue;
    out.add(1, device, udev.fs_type, udev.fs_usage, udev.fs_uuid, udev.fs_version);
  }
  out.family(kMapperInfo);
  for (const auto& [device, major, minor, rotational, udev] : disks_) {
    if (udev.dm_name.empty()) continue;
    out.add(1, device, udev.dm_lv_layer, udev.dm_lv_name, udev.dm_name, udev.dm_uuid,
            udev.dm_vg_name);
  }
  const auto write_ata = [&](const Family& family, std::string UdevProperties::* text) {
    out.family(family);
    for (const Disk& disk : disks_) {
      const auto value = to_number<std::uint64_t>(disk.udev.*text);
      if (!disk.udev.ata.empty() && value) out.add(*value, disk.device);
    }
  };
  write_ata(kAtaWriteCache, &UdevProperties::ata_write_cache);
  write_ata(kAtaWriteCacheEnabled, &UdevProperties::ata_write_cache_enabled);
  write_ata(kAtaRotationRate, &UdevProperties::ata_rotation_rate);
}

}  // namespace exporter
