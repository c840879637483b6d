// fournines_* of the judging half: history, loop, sources, pager.
#pragma once

#include "app/judging.h"
#include "exporter/core/samples.h"

namespace app {

void write_judging_series(const Judging& judging, exporter::SampleWriter& out);

}  // namespace app
