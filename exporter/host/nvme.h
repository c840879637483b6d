// NVMe controllers and their namespaces, S/class/nvme.
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow nvme_row();

}  // namespace exporter
