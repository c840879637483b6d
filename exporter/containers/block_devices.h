// Names of block devices by their numbers, from S/dev/block/<major>:<minor>, looked up once each.
// Loop devices, RAM disks and optical drives have none: what goes through a loop device shows again
// at the device below it. Used under the scrape lock.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

namespace exporter {

class BlockDevices {
 public:
  explicit BlockDevices(const std::string& sysfs) : directory_(sysfs + "/dev/block/") {}

  struct Names {
    std::string device;  // "/dev/sda"; empty: not to be told
    std::string major;   // "8"
    std::string minor;
  };
  // Valid as long as this.
  const Names& names(std::uint32_t major, std::uint32_t minor);

 private:
  std::string directory_;
  std::unordered_map<std::uint64_t, Names> known_;
};

}  // namespace exporter
