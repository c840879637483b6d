// Time zones of the tz database and the periods of a calendar: which month, in Berlin's time, an
// instant lies in, and when it began. Days of 23 and 25 hours, months of 28 to 31 days, years with
// a leap day come out as the zone keeps them. Instants are Unix milliseconds. Value types, any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "exporter/core/error.h"

namespace date {
class time_zone;
}

namespace slo {

// Of the proleptic Gregorian calendar. A day that does not exist (31 April) is not made.
struct CivilDay {
  int year = 1970;
  int month = 1;  // 1 to 12
  int day = 1;    // 1 to 31
  bool operator==(const CivilDay&) const = default;
};

std::int64_t days_since_epoch(CivilDay day);
CivilDay civil_day(std::int64_t days_since_epoch);
int last_day_of_month(int year, int month);
int weekday(std::int64_t days_since_epoch);  // 0 is Monday, 6 is Sunday

// "2026-10-31"; kInvalid with the text.
exporter::Result<CivilDay> parse_day(std::string_view text);
// RFC 3339 with seconds: "2026-10-31T10:00:00Z", "2026-10-31T10:00:00+01:00"; a fraction is cut to
// milliseconds. kInvalid with the text.
exporter::Result<std::int64_t> parse_instant(std::string_view text);

class Zone {
 public:
  Zone() = default;  // UTC
  // "Europe/Berlin", "UTC"; kInvalid with the name when the system's database has no such zone or
  // cannot be read.
  static exporter::Result<Zone> find(std::string_view name);

  const std::string& name() const { return name_; }

  // What the wall clock shows, as milliseconds since 1970-01-01 00:00 of that clock.
  std::int64_t local_ms(std::int64_t utc_ms) const;
  // The first instant at which the wall clock shows this. When the clock is set forward over it,
  // the instant of that; when it is shown twice, the first time.
  std::int64_t utc_ms(std::int64_t local_ms) const;

  bool operator==(const Zone&) const = default;

 private:
  std::string name_ = "UTC";
  const date::time_zone* zone_ = nullptr;  // of the database that lives as long as the program
};

}  // namespace slo
