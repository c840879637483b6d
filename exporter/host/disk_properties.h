// What udev and sysfs know of block devices: model, serial, file system, device mapper names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/kernel_file.h"
#include "exporter/core/samples.h"
#include "exporter/host/diskstats.h"

namespace exporter {

// The properties of one device; empty where udev has none.
struct UdevProperties {
  std::string path, wwn, model, revision;
  std::string scsi_serial, short_serial, serial;
  std::string fs_type, fs_usage, fs_uuid, fs_version;
  std::string dm_name, dm_uuid, dm_vg_name, dm_lv_name, dm_lv_layer;
  std::string ata, ata_write_cache, ata_write_cache_enabled, ata_rotation_rate;

  // As printed on the disk's label where known.
  const std::string& best_serial() const;
};

// A file of udev's database: lines "E:KEY=VALUE", others are passed over.
UdevProperties parse_udev(std::string_view text);

// Keeps the properties of the devices of the last scrape. They are read again when the list of
// devices changes and when udev wrote into its directory, whose time of change tells.
class DiskProperties {
 public:
  explicit DiskProperties(const Roots& roots) : roots_(roots) {}

  void update(const std::vector<DiskStats>& disks);
  void write(SampleWriter& out) const;

 private:
  struct Disk {
    std::string device;
    std::string major;
    std::string minor;
    std::string rotational;
    UdevProperties udev;
  };

  bool is_current(const std::vector<DiskStats>& disks);

  Roots roots_;
  std::int64_t udev_changed_ns_ = -1;
  std::vector<Disk> disks_;
};

}  // namespace exporter
