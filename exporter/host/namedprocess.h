// namedprocess: groups of processes under process-exporter's names.
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow namedprocess_row();

}  // namespace exporter
