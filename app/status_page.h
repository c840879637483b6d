// The landing page: is all well, which objectives, which incidents, which collectors. Pure: data
// in, HTML out.
#pragma once

#include <string>
#include <vector>

#include "exporter/core/registry.h"

namespace app {

struct StatusPageData {
  std::string telemetry_path;
  std::vector<exporter::CollectorStatus> collectors;
};

std::string status_page(const StatusPageData& data);

// The one style sheet, served as /style.css.
std::string status_page_style();

}  // namespace app
