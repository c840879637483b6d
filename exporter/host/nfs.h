// What this machine asks of NFS servers: P/net/rpc/nfs (net/sunrpc/stats.c).
#pragma once

#include <string_view>

#include "exporter/core/line_errors.h"
#include "exporter/core/sample_list.h"
#include "exporter/host/table.h"

namespace exporter {

void parse_nfs(std::string_view text, SampleList& out, LineErrors& errors);

CollectorRow nfs_row();

}  // namespace exporter
