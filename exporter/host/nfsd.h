// What this machine does as an NFS server: P/net/rpc/nfsd (fs/nfsd/stats.c).
#pragma once

#include <string_view>

#include "exporter/core/line_errors.h"
#include "exporter/core/sample_list.h"
#include "exporter/host/table.h"

namespace exporter {

void parse_nfsd(std::string_view text, SampleList& out, LineErrors& errors);

CollectorRow nfsd_row();

}  // namespace exporter
