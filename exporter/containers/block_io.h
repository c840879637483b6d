// Families of block I/O, one sample per group and device. Used under the scrape lock.
#pragma once

#include <span>

#include "exporter/containers/block_devices.h"
#include "exporter/containers/group.h"
#include "exporter/core/samples.h"

namespace exporter {

// details: also blk-iocost's times and container_blkio_device_usage_total.
void write_block_io(std::span<Group* const> groups, BlockDevices& devices, bool details,
                    SampleWriter& out);

}  // namespace exporter
