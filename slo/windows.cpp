// Everything here is the one proportion of the SRE Workbook, chapter 5: a row fires when its share
// p of the budget b * W went within its long window,
//   D(long) > p * b * W   <=>   burn(long) = D / (b * long) > f = p * W / long.
#include "slo/windows.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include "slo/int128.h"

namespace slo {
namespace {

using exporter::ErrorKind;
using exporter::fail;

// p * b * W in milliseconds, times 10^15.
Int128 share_of_budget(const AlertRow& row, Objective objective, std::int64_t window_ms) {
  return wide(row.budget_ppm) * objective.budget_ppb() * window_ms;
}

constexpr std::int64_t kShareScale = kMillion * kBillion;

struct Unit {
  std::string_view name;
  std::int64_t ms;
};

constexpr std::array<Unit, 5> kLabelUnits = {
    {{"d", kDayMs}, {"h", kHourMs}, {"m", kMinuteMs}, {"s", kSecondMs}, {"ms", 1}}};
constexpr std::array<Unit, 7> kParseUnits = {{{"y", 365 * kDayMs},
                                              {"w", 7 * kDayMs},
                                              {"d", kDayMs},
                                              {"h", kHourMs},
                                              {"m", kMinuteMs},
                                              {"s", kSecondMs},
                                              {"ms", 1}}};
constexpr std::int64_t kLongestMs = 3650 * kDayMs;

std::vector<AlertRow> rows_of_7d() {
  return {{kHourMs, 5 * kMinuteMs, 100'000, Severity::kPage},
          {6 * kHourMs, 30 * kMinuteMs, 200'000, Severity::kPage},
          {kDayMs, 2 * kHourMs, 400'000, Severity::kTicket}};
}

std::vector<AlertRow> four_rows(const std::array<std::int64_t, 4>& ppm) {
  return {{kHourMs, 5 * kMinuteMs, ppm[0], Severity::kPage},
          {6 * kHourMs, 30 * kMinuteMs, ppm[1], Severity::kPage},
          {kDayMs, 2 * kHourMs, ppm[2], Severity::kTicket},
          {3 * kDayMs, 6 * kHourMs, ppm[3], Severity::kTicket}};
}

}  // namespace

std::string_view name(Severity severity) { return severity == Severity::kPage ? "page" : "ticket"; }

std::vector<AlertRow> default_alert_rows(std::int64_t window_ms) {
  if (window_ms >= 90 * kDayMs) return four_rows({10'000, 30'000, 50'000, 50'000});
  if (window_ms >= 28 * kDayMs) return four_rows({20'000, 50'000, 100'000, 100'000});
  std::vector<AlertRow> rows = rows_of_7d();
  if (window_ms < 7 * kDayMs) {
    for (AlertRow& row : rows) {
      const auto shrink = [window_ms](std::int64_t ms) {
        const Int128 half_seconds = wide(ms) * window_ms * 2 / (7 * kDayMs * kSecondMs);
        return std::max<std::int64_t>(1, static_cast<std::int64_t>(half_seconds + 1) / 2) *
               kSecondMs;
      };
      row.long_ms = shrink(row.long_ms);
      row.short_ms = shrink(row.short_ms);
    }
  }
  return rows;
}

double burn_threshold(const AlertRow& row, std::int64_t window_ms) {
  return static_cast<double>(wide(row.budget_ppm) * window_ms) /
         static_cast<double>(wide(row.long_ms) * kMillion);
}

double seconds_to_exhaust(const AlertRow& row) {
  return static_cast<double>(wide(row.long_ms) * kMillion) /
         static_cast<double>(wide(row.budget_ppm) * kSecondMs);
}

double seconds_to_detect(const AlertRow& row, Objective objective, std::int64_t window_ms,
                         double error_ratio) {
  return static_cast<double>(share_of_budget(row, objective, window_ms)) /
         static_cast<double>(wide(kShareScale) * kSecondMs) / error_ratio;
}

std::int64_t failures_to_fire(const AlertRow& row, Objective objective, std::int64_t window_ms,
                              std::int64_t interval_ms) {
  return static_cast<std::int64_t>(share_of_budget(row, objective, window_ms) /
                                   (wide(kShareScale) * interval_ms)) +
         1;
}

bool can_never_fire(const AlertRow& row, Objective objective, std::int64_t window_ms) {
  return share_of_budget(row, objective, window_ms) >= wide(kShareScale) * row.long_ms;
}

double budget_seconds(Objective objective, std::int64_t window_ms) {
  return static_cast<double>(wide(objective.budget_ppb()) * window_ms) / 1e12;
}

double failures_in_budget(Objective objective, std::int64_t window_ms, std::int64_t interval_ms) {
  return static_cast<double>(wide(objective.budget_ppb()) * window_ms) /
         static_cast<double>(wide(kBillion) * interval_ms);
}

double cost_of_one_failure(Objective objective, std::int64_t window_ms, std::int64_t interval_ms) {
  return static_cast<double>(wide(kBillion) * interval_ms) /
         static_cast<double>(wide(objective.budget_ppb()) * window_ms);
}

std::int64_t pyrra_window_ms(std::int64_t at_28d_ms, std::int64_t window_ms) {
  const Int128 scaled = wide(at_28d_ms) * window_ms;
  const Int128 minute = wide(28 * kDayMs) * kMinuteMs;
  return static_cast<std::int64_t>((scaled * 2 + minute) / (minute * 2)) * kMinuteMs;
}

std::string duration_label(std::int64_t ms) {
  for (const Unit& unit : kLabelUnits) {
    if (ms != 0 && ms % unit.ms == 0) {
      return std::to_string(ms / unit.ms) + std::string(unit.name);
    }
  }
  return "0s";
}

exporter::Result<std::int64_t> parse_duration(std::string_view text) {
  const auto refuse = [text](const char* why) {
    return fail(ErrorKind::kInvalid, "'" + std::string(text) + "': " + why);
  };
  std::int64_t total_ms = 0;
  std::size_t next_unit = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
    if (error != std::errc{} || rest.front() == '-' || count > kLongestMs) {
      return refuse("not a duration such as 30d, 1h30m, 500ms");
    }
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    std::size_t letters = 0;
    while (letters < rest.size() && rest[letters] >= 'a' && rest[letters] <= 'z') ++letters;
    const std::string_view unit = rest.substr(0, letters);
    rest.remove_prefix(letters);
    while (next_unit < kParseUnits.size() && kParseUnits[next_unit].name != unit) ++next_unit;
    if (next_unit == kParseUnits.size()) {
      return refuse("not a duration; units are y, w, d, h, m, s, ms, from large to small");
    }
    const Int128 sum = wide(total_ms) + wide(count) * kParseUnits[next_unit].ms;
    if (sum > kLongestMs) return refuse("longer than 10 years");
    total_ms = static_cast<std::int64_t>(sum);
    ++next_unit;
  }
  if (total_ms == 0) return refuse("a duration is longer than nothing");
  return total_ms;
}

}  // namespace slo
