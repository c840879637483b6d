// Batteries and mains adapters, S/class/power_supply (Documentation/power/power_supply_class.rst).
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow powersupplyclass_row();

}  // namespace exporter
