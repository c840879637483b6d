// /api/v1/…: the judge's snapshot as JSON. Pure: data in, text out; NaN and infinity are null. The
// texts may hold names from outside and are always valid JSON.
#pragma once

#include <map>
#include <string>

#include "app/health.h"
#include "slo/judgement.h"

namespace app {

// GET /api/v1/slos, as described in README, "API".
// problems: why an objective has nothing to be judged by, in words.
std::string slos_json(const slo::Snapshot& snapshot,
                      const std::map<slo::SloId, std::string>& problems = {});

// GET /api/v1/incidents: newest first over all objectives.
std::string incidents_json(const slo::Snapshot& snapshot);

// GET /api/v1/status.
std::string error_json(const std::string& what);
std::string status_json(const Health& health);

}  // namespace app
