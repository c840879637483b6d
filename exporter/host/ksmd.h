// Merging of equal memory pages. S/kernel/mm/ksm/*, the kernel's
// Documentation/admin-guide/mm/ksm.rst.
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow ksmd_row();

}  // namespace exporter
