// Paging, swapping and out-of-memory kills: the wanted lines of P/vmstat (proc_vmstat(5)).
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow vmstat_row();

}  // namespace exporter
