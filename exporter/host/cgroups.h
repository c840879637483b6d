// Controllers of control groups. P/cgroups, cgroups(7).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "exporter/core/line_errors.h"
#include "exporter/host/table.h"

namespace exporter {

struct CgroupController {
  std::string_view name;  // a view into the text
  std::uint64_t groups = 0;
  std::uint64_t enabled = 0;
};

void parse_cgroups(std::string_view text, std::vector<CgroupController>& controllers,
                   LineErrors& errors);

CollectorRow cgroups_row();

}  // namespace exporter
