// What XFS file systems did: S/fs/xfs/DEVICE/stats/stats (fs/xfs/xfs_stats.c).
#pragma once

#include <string_view>

#include "exporter/core/line_errors.h"
#include "exporter/core/sample_list.h"
#include "exporter/host/table.h"

namespace exporter {

void parse_xfs_stats(std::string_view text, std::string_view device, SampleList& out,
                     LineErrors& errors);

CollectorRow xfs_row();

}  // namespace exporter
