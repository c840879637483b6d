// Windows of objectives, the catalogue of alert windows and the list of several objectives for one
// SLI, as the configuration writes them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/yaml.h"
#include "slo/spec.h"

namespace app {

struct WindowChoice {
  std::int64_t window_ms = 30 * slo::kDayMs;
  std::string label = "30d";
  std::optional<slo::Calendar> calendar;
};

void read_zone(const YamlValue& value, slo::Zone& zone);

// "30d", or {calendar: month, timezone: Europe/Berlin, anchor: 2026-01-01}.
void read_window(const YamlValue& value, WindowChoice& window);

std::optional<slo::Objective> read_objective(const YamlValue& value);

// alert_windows: rows for objectives with exactly this window. A calendar's nominal length counts.
struct AlertWindows {
  std::int64_t window_ms = 0;
  std::vector<slo::AlertRow> rows;
};
std::vector<AlertWindows> read_alert_windows(YamlMap& root);

// The rows of the catalogue, or the usual ones.
std::vector<slo::AlertRow> alert_rows_for(const std::vector<AlertWindows>& catalogue,
                                          std::int64_t window_ms);

}  // namespace app
