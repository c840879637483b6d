// The kernel's clock discipline. adjtimex(2).
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow timex_row();

}  // namespace exporter
