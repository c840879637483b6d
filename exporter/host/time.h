// Wall clock, time zone and clock sources. S/devices/system/clocksource, the kernel's
// Documentation/ABI/testing/sysfs-devices-system-cpu and timekeeping pages.
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow time_row();

}  // namespace exporter
