// Software interrupts per kind and CPU. P/softirqs, proc(5).
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow softirqs_row();

}  // namespace exporter
