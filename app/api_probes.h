// GET /api/v1/probes: the last result of every probe, with the place and the reason of a failure.
#pragma once

#include <string>

#include "exporter/core/clock.h"
#include "exporter/probes/board.h"

namespace app {

std::string probes_json(const exporter::ProbeBoard& board, const exporter::Moment& now);

}  // namespace app
