// Hardware watchdogs, S/class/watchdog (Documentation/ABI/testing/sysfs-class-watchdog).
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow watchdog_row();

}  // namespace exporter
