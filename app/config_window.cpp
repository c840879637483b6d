#include "app/config_window.h"

#include <algorithm>

#include "exporter/core/text.h"

namespace app {
namespace {

constexpr std::int64_t kLongestMs = 400 * slo::kDayMs;
constexpr std::size_t kMaxRows = 32;

void read_calendar(const YamlValue& value, WindowChoice& window) {
  YamlMap map(value);
  slo::Calendar calendar;
  if (const auto unit = map.require("calendar")) {
    const auto text = unit->text();
    constexpr slo::CalendarUnit kUnits[] = {slo::CalendarUnit::kWeek, slo::CalendarUnit::kMonth,
                                            slo::CalendarUnit::kQuarter, slo::CalendarUnit::kYear};
    const auto found = std::ranges::find_if(
        kUnits, [&](slo::CalendarUnit known) { return text && *text == slo::name(known); });
    if (found != std::end(kUnits)) {
      calendar.unit = *found;
    } else if (text) {
      unit->error("must be week, month, quarter or year");
    }
  }
  if (const auto zone = map.take("timezone")) read_zone(*zone, calendar.zone);
  if (const auto anchor = map.take("anchor")) {
    if (const auto text = anchor->text()) {
      const auto day = slo::parse_day(*text);
      if (day) {
        calendar.anchor = *day;
      } else {
        anchor->error(day.error().message);
      }
    }
  }
  map.finish();
  window.window_ms = slo::nominal_ms(calendar.unit);
  window.label = slo::name(calendar.unit);
  window.calendar = std::move(calendar);
}

// "2%", of the budget.
std::int64_t read_share(const YamlValue& value) {
  const auto text = value.text();
  if (!text) return 0;
  std::string_view number = *text;
  if (number.ends_with('%')) number.remove_suffix(1);
  const auto ppm = slo::parse_decimal(number, 4);
  if (ppm && *ppm > 0 && *ppm <= slo::kMillion) return *ppm;
  value.error("must be a share of the budget between 0 and 100, such as 2%");
  return 0;
}

void read_row(const YamlValue& value, slo::Severity severity, std::int64_t window_ms,
              std::vector<slo::AlertRow>& rows) {
  YamlMap map(value);
  slo::AlertRow row;
  row.severity = severity;
  const auto long_window = map.require("long");
  const auto short_window = map.take("short");
  const auto budget = map.require("budget");
  map.finish();
  if (long_window) row.long_ms = long_window->duration_ms().value_or(0);
  if (short_window) {
    row.short_ms = short_window->duration_ms().value_or(0);
  } else {
    row.short_ms = std::max(row.long_ms / 12 / slo::kSecondMs, std::int64_t{1}) * slo::kSecondMs;
  }
  if (budget) row.budget_ppm = read_share(*budget);
  if (row.long_ms == 0 || row.short_ms == 0 || row.budget_ppm == 0) return;
  if (row.long_ms > window_ms && window_ms > 0) {
    long_window->error("is longer than the objective's window");
  } else if (row.short_ms >= row.long_ms) {
    value.error("'short' must be shorter than 'long'");
  } else {
    rows.push_back(row);
  }
}

}  // namespace

void read_zone(const YamlValue& value, slo::Zone& zone) {
  const auto text = value.text();
  if (!text) return;
  auto found = slo::Zone::find(exporter::printable(*text, 80));
  if (found) {
    zone = std::move(*found);
  } else {
    value.error(found.error().message);
  }
}

void read_window(const YamlValue& value, WindowChoice& window) {
  if (value.is_map()) {
    read_calendar(value, window);
    return;
  }
  const auto ms = value.duration_ms();
  if (!ms) return;
  if (*ms < slo::kHourMs || *ms > kLongestMs) {
    value.error("must be between 1h and 400d");
    return;
  }
  window = {*ms, *value.text(), std::nullopt};
}

std::optional<slo::Objective> read_objective(const YamlValue& value) {
  const auto text = value.text();
  if (!text) return std::nullopt;
  const auto objective = slo::parse_objective(*text);
  if (objective) return *objective;
  value.error(objective.error().message);
  return std::nullopt;
}

std::vector<AlertWindows> read_alert_windows(YamlMap& root) {
  std::vector<AlertWindows> catalogue;
  const auto value = root.take("alert_windows");
  if (!value) return catalogue;
  for (const YamlValue& item : value->list().value_or(std::vector<YamlValue>{})) {
    YamlMap map(item);
    AlertWindows windows;
    if (const auto window = map.require("window")) {
      WindowChoice choice;
      read_window(*window, choice);
      windows.window_ms = choice.window_ms;
    }
    for (const auto& [key, severity] :
         {std::pair{"page", slo::Severity::kPage}, std::pair{"ticket", slo::Severity::kTicket}}) {
      const auto rows = map.take(key);
      if (!rows) continue;
      for (const YamlValue& row : rows->list().value_or(std::vector<YamlValue>{})) {
        read_row(row, severity, windows.window_ms, windows.rows);
      }
    }
    map.finish();
    if (windows.rows.size() > kMaxRows) item.error("has more than 32 rows");
    if (std::ranges::count(catalogue, windows.window_ms, &AlertWindows::window_ms) > 0) {
      item.error("this window stands twice");
    }
    catalogue.push_back(std::move(windows));
  }
  return catalogue;
}

std::vector<slo::AlertRow> alert_rows_for(const std::vector<AlertWindows>& catalogue,
                                          std::int64_t window_ms) {
  const auto found = std::ranges::find(catalogue, window_ms, &AlertWindows::window_ms);
  return found == catalogue.end() ? slo::default_alert_rows(window_ms) : found->rows;
}

}  // namespace app
