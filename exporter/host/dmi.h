// Who made the machine: the SMBIOS strings below S/class/dmi/id, read once.
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow dmi_row();

}  // namespace exporter
