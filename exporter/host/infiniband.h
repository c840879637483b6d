// InfiniBand and RoCE ports, S/class/infiniband (Documentation/ABI/stable/sysfs-class-infiniband).
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow infiniband_row();

}  // namespace exporter
