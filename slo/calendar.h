// Calendar windows: the week, month, quarter or year that an instant lies in, by the wall clock of
// a zone. Periods follow each other without a gap; where midnight does not exist on the first day,
// the period begins when the clock is set forward. Pure, any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "exporter/core/error.h"
#include "slo/zone.h"

namespace slo {

enum class CalendarUnit : std::uint8_t { kWeek, kMonth, kQuarter, kYear };
std::string_view name(CalendarUnit unit);  // "week", ...

// [begin, end) in Unix milliseconds.
struct Period {
  std::int64_t begin_ms = 0;
  std::int64_t end_ms = 0;
  std::int64_t length_ms() const { return end_ms - begin_ms; }
  bool operator==(const Period&) const = default;
};

struct Calendar {
  CalendarUnit unit = CalendarUnit::kMonth;
  Zone zone;
  // A first day of a period; the others follow from it: the same weekday, or the same day of the
  // month, in a month that has no such day its last. The default, a Monday and New Year, gives the
  // usual weeks, months, quarters and years.
  CivilDay anchor{2001, 1, 1};
  bool operator==(const Calendar&) const = default;

  Period period_at(std::int64_t utc_ms) const;
};

// What alert thresholds are made from, because they do not move with the month: 7, 30, 90, 365
// days.
std::int64_t nominal_ms(CalendarUnit unit);

// "2026" a year, "2026-Q4" a quarter, "2026-10" a month, "2026-W48" a week of ISO 8601, in the
// zone's time. kInvalid with the text.
exporter::Result<Period> parse_period(std::string_view text, const Zone& zone);

}  // namespace slo
