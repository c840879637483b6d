// Paths of multipath block devices, S/block/dm-N.
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow dmmultipath_row();

}  // namespace exporter
