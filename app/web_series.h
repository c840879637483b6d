// fournines_http_*: what the gate saw.
#pragma once

#include "exporter/core/samples.h"
#include "exporter/http/gate.h"

namespace app {

void write_web_series(const exporter::GateStatistics& gate, exporter::SampleWriter& out);

}  // namespace app
