// Planned maintenance: when it is, by the wall clock of a zone. Every Tuesday at 02:00 in Berlin is
// 02:00 there in summer and in winter; a start that the wall clock skips is the moment it is set
// forward, one that it shows twice is the first of the two. The duration is real time.
//
// Of RFC 5545's RRULE: FREQ=DAILY|WEEKLY|MONTHLY|YEARLY, INTERVAL, COUNT, UNTIL, BYDAY (with a
// number, as in 1TU or -1FR, for MONTHLY and YEARLY), BYMONTHDAY, BYMONTH, WKST=MO. YEARLY with
// BYDAY or BYMONTHDAY wants BYMONTH. Everything else is refused by name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/error.h"
#include "slo/calendar.h"

namespace slo {

enum class Frequency : std::uint8_t { kDaily, kWeekly, kMonthly, kYearly };

struct Rule {
  // "TU" is {0, 1}, "1TU" {1, 1}, "-1FR" {-1, 4}.
  struct Day {
    int nth = 0;
    int weekday = 0;  // 0 is Monday
    bool operator==(const Day&) const = default;
  };
  Frequency frequency = Frequency::kWeekly;
  int interval = 1;
  int count = 0;                             // 0: without end
  std::optional<std::int64_t> until_utc_ms;  // the last start there may be
  std::optional<CivilDay> until_day;         // the same as a local day
  std::vector<Day> days;
  std::vector<int> month_days;  // -31 to 31
  std::vector<int> months;
  bool operator==(const Rule&) const = default;
};

// kInvalid with what is wrong.
exporter::Result<Rule> parse_rule(std::string_view text);

struct Maintenance {
  std::string name;
  bool counts_as_up = false;

  // Once, or else by the rule.
  std::optional<Period> once;

  Rule rule;
  CivilDay first{2001, 1, 1};  // no start before this day; intervals and counts begin here
  std::int64_t start_ms = 0;   // of the day, on the wall clock
  std::int64_t duration_ms = 0;
  Zone zone;
  bool operator==(const Maintenance&) const = default;

  // Those that touch [from, to), in order; Unix milliseconds.
  std::vector<Period> between(std::int64_t from_utc_ms, std::int64_t to_utc_ms) const;
};

}  // namespace slo
