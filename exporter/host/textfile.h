// textfile: metrics that scripts leave in *.prom files, text format 0.0.4 or OpenMetrics.
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow textfile_row();

}  // namespace exporter
