// The landing page: is all well, which objectives, which incidents, which collectors. Pure: data
// in, HTML out.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "exporter/core/registry.h"
#include "slo/judgement.h"
#include "slo/store.h"

namespace app {

struct StatusPageData {
  std::string telemetry_path;
  std::vector<exporter::CollectorStatus> collectors;
  std::shared_ptr<const slo::Snapshot> snapshot;  // null: nothing judged yet
  slo::StoreStatus store;
  std::string config_error;  // of the newest reload; empty when it worked
  // Only these objectives are shown; empty for all. Links in alerts name both.
  std::string service = {};
  std::string slo = {};
};

std::string status_page(const StatusPageData& data);

// The one style sheet, served as /style.css.
std::string status_page_style();

}  // namespace app
