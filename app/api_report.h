// The answer of /api/v1/report: any window of every objective.
#pragma once

#include <string>
#include <vector>

#include "exporter/core/error.h"
#include "exporter/http/request_head.h"
#include "slo/engine.h"

namespace app {

// window=17d, or period=2026-10 (2026-Q4, 2026, 2026-W48) with timezone=Europe/Berlin, or nothing:
// each objective over its own window. kInvalid with the parameter's name.
exporter::Result<slo::Engine::Question> parse_question(const exporter::HttpRequest& request);

std::string report_json(const slo::Snapshot& snapshot, const std::vector<slo::Report>& reports);

}  // namespace app
