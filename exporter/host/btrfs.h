// Btrfs file systems: room by kind of data and layout, commits, devices; S/fs/btrfs and ioctls.
#pragma once

#include <string>
#include <string_view>

#include "exporter/core/line_errors.h"
#include "exporter/core/sample_list.h"
#include "exporter/host/table.h"

namespace exporter {

// The file commit_stats.
void parse_btrfs_commits(std::string_view text, const std::string& uuid, SampleList& out,
                         LineErrors& errors);

CollectorRow btrfs_row();

}  // namespace exporter
