// CPU time by mode, and what sysfs and P/cpuinfo know of the CPUs. P/stat is shared with the stat
// collector.
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow cpu_row();

}  // namespace exporter
