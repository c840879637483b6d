// Software RAID arrays: P/mdstat and S/block/mdN/md (Documentation/admin-guide/md.rst).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "exporter/core/line_errors.h"
#include "exporter/host/table.h"

namespace exporter {

// One array of P/mdstat. Views point into the text.
struct MdArray {
  std::string_view device;
  std::string_view state;  // active inactive recovering resync check, or another ("reshape")
  std::uint64_t disks_required = 0;
  std::uint64_t disks_active = 0;
  std::uint64_t disks_failed = 0;
  std::uint64_t disks_spare = 0;
  std::uint64_t blocks = 0;
  std::uint64_t blocks_synced = 0;
};

void parse_mdstat(std::string_view text, std::vector<MdArray>& arrays, LineErrors& errors);

CollectorRow mdadm_row();

}  // namespace exporter
