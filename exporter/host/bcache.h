// Block caches: S/fs/bcache/UUID (Documentation/admin-guide/bcache.rst).
#pragma once

#include <string>
#include <string_view>

#include "exporter/core/line_errors.h"
#include "exporter/core/sample_list.h"
#include "exporter/host/table.h"

namespace exporter {

void parse_writeback_rate_debug(std::string_view text, const std::string& device,
                                const std::string& uuid, SampleList& out, LineErrors& errors);

void parse_priority_stats(std::string_view text, const std::string& device, const std::string& uuid,
                          SampleList& out, LineErrors& errors);

CollectorRow bcache_row();

}  // namespace exporter
