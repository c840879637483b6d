#include "slo/calendar.h"

#include <algorithm>
#include <charconv>

#include "slo/windows.h"

namespace slo {
namespace {

std::int64_t floor_div(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

int months_of(CalendarUnit unit) {
  switch (unit) {
    case CalendarUnit::kWeek: return 0;
    case CalendarUnit::kMonth: return 1;
    case CalendarUnit::kQuarter: return 3;
    case CalendarUnit::kYear: return 12;
  }
  return 1;
}

// The day that the index-th period from the anchor begins on.
std::int64_t first_day(const Calendar& calendar, std::int64_t index) {
  const CivilDay& anchor = calendar.anchor;
  const int months = months_of(calendar.unit);
  if (months == 0) return days_since_epoch(anchor) + 7 * index;
  const std::int64_t month = anchor.year * 12LL + anchor.month - 1 + months * index;
  CivilDay day{static_cast<int>(floor_div(month, 12)),
               static_cast<int>(month - floor_div(month, 12) * 12) + 1, anchor.day};
  day.day = std::min(day.day, last_day_of_month(day.year, day.month));
  return days_since_epoch(day);
}

// The index of the period that the local day lies in.
std::int64_t index_of(const Calendar& calendar, std::int64_t day) {
  const int months = months_of(calendar.unit);
  if (months == 0) return floor_div(day - days_since_epoch(calendar.anchor), 7);
  const CivilDay civil = civil_day(day);
  const std::int64_t passed =
      (civil.year - calendar.anchor.year) * 12LL + civil.month - calendar.anchor.month;
  const std::int64_t index = floor_div(passed, months);
  return day < first_day(calendar, index) ? index - 1 : index;
}

bool take_number(std::string_view text, int least, int most, int& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= least &&
         value <= most;
}

}  // namespace

std::string_view name(CalendarUnit unit) {
  switch (unit) {
    case CalendarUnit::kWeek: return "week";
    case CalendarUnit::kMonth: return "month";
    case CalendarUnit::kQuarter: return "quarter";
    case CalendarUnit::kYear: return "year";
  }
  return "";
}

Period Calendar::period_at(std::int64_t utc_ms) const {
  const auto begin = [&](std::int64_t index) {
    return zone.utc_ms(first_day(*this, index) * kDayMs);
  };
  std::int64_t index = index_of(*this, floor_div(zone.local_ms(utc_ms), kDayMs));
  // A clock that is set back over midnight shows the day before once more.
  while (begin(index + 1) <= utc_ms) ++index;
  while (begin(index) > utc_ms) --index;
  return {begin(index), begin(index + 1)};
}

std::int64_t nominal_ms(CalendarUnit unit) {
  switch (unit) {
    case CalendarUnit::kWeek: return 7 * kDayMs;
    case CalendarUnit::kMonth: return 30 * kDayMs;
    case CalendarUnit::kQuarter: return 90 * kDayMs;
    case CalendarUnit::kYear: return 365 * kDayMs;
  }
  return 30 * kDayMs;
}

exporter::Result<Period> parse_period(std::string_view text, const Zone& zone) {
  const auto refused = exporter::fail(
      exporter::ErrorKind::kInvalid,
      "'" + std::string(text) + "': not a period such as 2026-10, 2026-Q4, 2026 or 2026-W48");
  const std::size_t dash = text.find('-');
  int year = 0;
  if (text.substr(0, dash).size() != 4 || !take_number(text.substr(0, 4), 1971, 9998, year)) {
    return refused;
  }
  Calendar calendar{CalendarUnit::kYear, zone, {year, 1, 1}};
  if (dash == std::string_view::npos)
    return calendar.period_at(zone.utc_ms(days_since_epoch(calendar.anchor) * kDayMs));
  std::string_view part = text.substr(dash + 1);
  int number = 0;
  if (part.starts_with('Q')) {
    if (part.size() != 2 || !take_number(part.substr(1), 1, 4, number)) return refused;
    calendar.unit = CalendarUnit::kQuarter;
    calendar.anchor.month = 3 * number - 2;
  } else if (part.starts_with('W')) {
    if (part.size() != 3 || !take_number(part.substr(1), 1, 53, number)) return refused;
    // Week 1 has 4 January in it.
    const std::int64_t fourth = days_since_epoch({year, 1, 4});
    const std::int64_t monday = fourth - weekday(fourth) + 7 * (number - 1);
    if (civil_day(monday + 3).year != year) return refused;
    calendar.unit = CalendarUnit::kWeek;
    calendar.anchor = civil_day(monday);
  } else {
    if (part.size() != 2 || !take_number(part, 1, 12, number)) return refused;
    calendar.unit = CalendarUnit::kMonth;
    calendar.anchor.month = number;
  }
  return calendar.period_at(zone.utc_ms(days_since_epoch(calendar.anchor) * kDayMs));
}

}  // namespace slo
