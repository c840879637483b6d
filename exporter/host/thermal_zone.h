// Thermal zones and what cools them, S/class/thermal
// (Documentation/driver-api/thermal/sysfs-api.rst).
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow thermal_zone_row();

}  // namespace exporter
