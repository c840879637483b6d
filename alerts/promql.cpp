#include "alerts/promql.h"

#include <array>
#include <charconv>

#include "exporter/core/text.h"

namespace alerts {
namespace {

std::string sum_of_increase(const std::string& selected, const std::string& window,
                            std::string_view by) {
  std::string text = "sum";
  if (!by.empty()) text.append(" by (").append(by).append(")");
  return text + (by.empty() ? "" : " ") + "(increase(" + selected + "[" + window + "]))";
}

std::string state_seconds(const slo::SloSpec& spec, std::string_view state) {
  return "slo_state_seconds_total" + slo_selector(spec, state);
}

std::string events(const slo::SloSpec& spec, std::string_view outcome = {}) {
  return "slo_events_total" + slo_selector(spec, outcome);
}

constexpr std::string_view kDown = "state=\"down\"";
constexpr std::string_view kKnown = "state=~\"up|down\"";
constexpr std::string_view kBad = "outcome=\"bad\"";

std::string event_ratio(const slo::SloSpec& spec, const std::string& window, std::string_view by) {
  const std::string total = sum_of_increase(events(spec), window, by);
  const std::string ratio =
      sum_of_increase(events(spec, kBad), window, by) + "\n  / (" + total + " > 0)";
  return spec.no_events == slo::NoEvents::kGood ? ratio + "\nor\n" + total + " * 0" : ratio;
}

}  // namespace

std::string promql_quoted(std::string_view text) {
  std::string out = "\"";
  exporter::append_label_value(out, text);
  return out + "\"";
}

std::string promql_number(double value) {
  std::array<char, 400> buffer{};  // the smallest double has some 340 digits
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
  return {buffer.data(), end.ptr};
}

std::string promql_duration(std::int64_t ms) {
  struct Unit {
    const char* name;
    std::int64_t ms;
    bool only_whole;  // 90d reads better than 12w6d
  };
  static constexpr std::array<Unit, 7> kUnits = {{{"y", 365 * slo::kDayMs, true},
                                                  {"w", 7 * slo::kDayMs, true},
                                                  {"d", slo::kDayMs, false},
                                                  {"h", slo::kHourMs, false},
                                                  {"m", slo::kMinuteMs, false},
                                                  {"s", slo::kSecondMs, false},
                                                  {"ms", 1, false}}};
  std::string text;
  for (const Unit& unit : kUnits) {
    if (ms < unit.ms || (unit.only_whole && ms % unit.ms != 0)) continue;
    text += std::to_string(ms / unit.ms) + unit.name;
    ms %= unit.ms;
  }
  return text.empty() ? "0s" : text;
}

std::string slo_selector(const slo::SloSpec& spec, std::string_view more) {
  std::string text = "{service=" + promql_quoted(spec.service) + ",slo=" + promql_quoted(spec.name);
  if (!more.empty()) text.append(",").append(more);
  return text + "}";
}

double error_ratio_threshold(const slo::AlertRow& row, const slo::SloSpec& spec) {
  return static_cast<double>(static_cast<long double>(row.budget_ppm) *
                             static_cast<long double>(spec.window_ms) *
                             static_cast<long double>(spec.objective.budget_ppb()) /
                             (static_cast<long double>(row.long_ms) * 1e15L));
}

std::string error_ratio(const slo::SloSpec& spec, std::int64_t window_ms, std::string_view by) {
  const std::string window = slo::duration_label(window_ms);
  if (!counts_time(spec)) return event_ratio(spec, window, by);
  const std::string down = state_seconds(spec, kDown);
  const std::string seconds = promql_number(static_cast<double>(window_ms) / slo::kSecondMs);
  return sum_of_increase(down, window, by) + "\n  / (" + seconds + " * count by (" +
         std::string(by) + ") (" + down + "))";
}

std::string known_error_ratio(const slo::SloSpec& spec, const std::string& window) {
  if (!counts_time(spec)) return event_ratio(spec, window, "");
  return sum_of_increase(state_seconds(spec, kDown), window, "") + "\n  / (" +
         sum_of_increase(state_seconds(spec, kKnown), window, "") + " > 0)";
}

std::string bad_events(const slo::SloSpec& spec, std::int64_t window_ms, std::string_view by) {
  const std::string labels(by);
  return sum_of_increase(events(spec, kBad), slo::duration_label(window_ms), by) + "\nand on (" +
         labels + ")\n(sum by (" + labels + ") (" + events(spec) + ") > 0)";
}

}  // namespace alerts
