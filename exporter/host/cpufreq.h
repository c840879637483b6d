// Clock rates and governors of CPUs, S/devices/system/cpu/cpuN/cpufreq
// (Documentation/admin-guide/pm/cpufreq.rst).
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow cpufreq_row();

}  // namespace exporter
