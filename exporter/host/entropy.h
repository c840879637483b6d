// Randomness that the kernel has gathered. P/sys/kernel/random/{entropy_avail,poolsize}, random(4).
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow entropy_row();

}  // namespace exporter
