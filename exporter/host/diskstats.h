// Work of the block devices. P/diskstats, Documentation/admin-guide/iostats.rst.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "exporter/core/line_errors.h"
#include "exporter/core/name_filter.h"
#include "exporter/host/table.h"

namespace exporter {

struct DiskStats {
  // In the order of the file; times in milliseconds, sectors of 512 bytes.
  enum Column : std::uint8_t {
    kReads,
    kReadsMerged,
    kSectorsRead,
    kReadTime,
    kWrites,
    kWritesMerged,
    kSectorsWritten,
    kWriteTime,
    kInFlight,
    kIoTime,
    kWeightedIoTime,
    kDiscards,  // from here on since Linux 4.18
    kDiscardsMerged,
    kSectorsDiscarded,
    kDiscardTime,
    kFlushes,  // from here on since Linux 5.5
    kFlushTime,
    kColumns,
  };

  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::string_view device;  // into the text that was parsed
  std::array<std::uint64_t, kColumns> values{};
  std::size_t columns = 0;  // how many the kernel gave, at least to kWeightedIoTime
};

// Devices that do not pass are left out, and so are lines with fewer columns, which are the
// partitions of old kernels.
void parse_diskstats(std::string_view text, OrderedFilter& filter, std::vector<DiskStats>& disks,
                     LineErrors& errors);

CollectorRow diskstats_row();

}  // namespace exporter
