// Tasks that the kernel found to hang. P/sys/kernel/hung_task_detect_count, since Linux 6.13.
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow kernel_hung_row();

}  // namespace exporter
