// What only btrfs itself knows of its devices: how much is handed out, and their errors, asked by
// ioctl through an open mount point (linux/btrfs.h; no root needed). May block on a dead device.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "exporter/core/kernel_file.h"

namespace exporter {

struct BtrfsDevice {
  std::string name;  // without its directory: "sda1"
  std::string uuid;
  std::uint64_t total_bytes = 0;
  std::uint64_t used_bytes = 0;
  std::uint64_t write_errors = 0;
  std::uint64_t read_errors = 0;
  std::uint64_t flush_errors = 0;
  std::uint64_t corruption_errors = 0;
  std::uint64_t generation_errors = 0;
};

struct BtrfsFilesystem {
  std::string uuid;
  std::vector<BtrfsDevice> devices;
};

// Of the file system that is open; nothing when it is no btrfs or refuses.
std::optional<BtrfsFilesystem> ask_btrfs(int open_directory);

}  // namespace exporter
