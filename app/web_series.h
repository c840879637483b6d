// fournines_http_*: what the gate saw, as families for OwnSeries.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "exporter/http/gate.h"

namespace app {

void append_web_series(const exporter::GateStatistics& gate,
                       std::vector<prometheus::MetricFamily>& families);

}  // namespace app
