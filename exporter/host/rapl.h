// Energy that processors and memory used, S/class/powercap (Documentation/power/powercap).
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow rapl_row();

}  // namespace exporter
