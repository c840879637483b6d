// SCSI tape drives, S/class/scsi_tape/stN/stats (Documentation/scsi/st.rst).
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow tapestats_row();

}  // namespace exporter
