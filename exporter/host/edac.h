// Memory errors that the hardware noticed, S/devices/system/edac/mc
// (Documentation/admin-guide/RAS).
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow edac_row();

}  // namespace exporter
