// Memory use per node. S/devices/system/node/node*/{meminfo,numastat}, the kernel's
// Documentation/admin-guide/numastat.rst.
#pragma once

#include <string_view>
#include <vector>

#include "exporter/core/line_errors.h"
#include "exporter/core/number.h"
#include "exporter/host/table.h"

namespace exporter {

// "Node 0 Active(anon):  123 kB" is {Active, anon, 125952}; views into the text.
struct NodeField {
  std::string_view name;
  std::string_view part;
  Number value;
};

void parse_node_meminfo(std::string_view text, std::vector<NodeField>& fields, LineErrors& errors);

// "numa_hit 123"
void parse_numastat(std::string_view text, std::vector<NodeField>& fields, LineErrors& errors);

CollectorRow meminfo_numa_row();

}  // namespace exporter
