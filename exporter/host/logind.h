// logind: how many sessions there are of each kind, over the system bus.
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow logind_row();

}  // namespace exporter
