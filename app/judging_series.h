// fournines_* of the judging half: history, loop, pager; families for OwnSeries.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "app/judging.h"

namespace app {

void append_judging_series(const Judging& judging, std::vector<prometheus::MetricFamily>& families);

}  // namespace app
