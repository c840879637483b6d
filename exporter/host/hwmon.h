// Sensors of fans, temperatures, voltages and powers, S/class/hwmon
// (Documentation/hwmon/sysfs-interface.rst).
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow hwmon_row();

}  // namespace exporter
