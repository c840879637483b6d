// The tables of the status page.
#pragma once

#include <string>
#include <vector>

#include "exporter/core/registry.h"
#include "slo/judgement.h"

namespace app {

void append_objectives(std::string& out, const slo::Snapshot& snapshot);

// The newest ones over all objectives, open ones first.
void append_incidents(std::string& out, const slo::Snapshot& snapshot);

void append_collectors(std::string& out, const std::vector<exporter::CollectorStatus>& collectors);

}  // namespace app
