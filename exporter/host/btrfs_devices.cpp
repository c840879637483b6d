#include "exporter/host/btrfs_devices.h"

#include <linux/btrfs.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>
#include <span>
#include <string_view>

namespace exporter {
namespace {

// As S/fs/btrfs spells it.
std::string uuid_text(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

std::optional<BtrfsDevice> ask_device(int fd, std::uint64_t id) {
  btrfs_ioctl_dev_info_args info{};
  info.devid = id;
  if (::ioctl(fd, BTRFS_IOC_DEV_INFO, &info) != 0) return std::nullopt;
  btrfs_ioctl_get_dev_stats stats{};
  stats.devid = id;
  stats.nr_items = BTRFS_DEV_STAT_VALUES_MAX;
  if (::ioctl(fd, BTRFS_IOC_GET_DEV_STATS, &stats) != 0) return std::nullopt;
  BtrfsDevice device;
  const std::string_view path(
      reinterpret_cast<const char*>(info.path),
      ::strnlen(reinterpret_cast<const char*>(info.path), sizeof info.path));
  device.name = path.substr(path.rfind('/') + 1);
  device.uuid = uuid_text(info.uuid);
  device.total_bytes = info.total_bytes;
  device.used_bytes = info.bytes_used;
  device.write_errors = stats.values[BTRFS_DEV_STAT_WRITE_ERRS];
  device.read_errors = stats.values[BTRFS_DEV_STAT_READ_ERRS];
  device.flush_errors = stats.values[BTRFS_DEV_STAT_FLUSH_ERRS];
  device.corruption_errors = stats.values[BTRFS_DEV_STAT_CORRUPTION_ERRS];
  device.generation_errors = stats.values[BTRFS_DEV_STAT_GENERATION_ERRS];
  return device;
}

}  // namespace

std::optional<BtrfsFilesystem> ask_btrfs(int open_directory) {
  // More devices than anybody has; their numbers may have gaps.
  constexpr std::uint64_t kMaxDeviceId = 10'000;
  btrfs_ioctl_fs_info_args info{};
  if (::ioctl(open_directory, BTRFS_IOC_FS_INFO, &info) != 0) return std::nullopt;
  BtrfsFilesystem filesystem;
  filesystem.uuid = uuid_text(info.fsid);
  const std::uint64_t last = info.max_id < kMaxDeviceId ? info.max_id : kMaxDeviceId;
  for (std::uint64_t id = 0; id <= last && filesystem.devices.size() < info.num_devices; ++id) {
    if (auto device = ask_device(open_directory, id)) {
      filesystem.devices.push_back(std::move(*device));
    } else if (errno != ENODEV) {
      return std::nullopt;
    }
  }
  return filesystem;
}

}  // namespace exporter
