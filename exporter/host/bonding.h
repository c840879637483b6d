// Bonded network interfaces, S/class/net/MASTER/bonding (Documentation/networking/bonding.rst).
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow bonding_row();

}  // namespace exporter
