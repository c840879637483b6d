// Periods are recounted quarter hour by quarter hour with the C library's localtime_r, which reads
// the same zones with other code.
#include "slo/calendar.h"

#include <cstdlib>
#include <ctime>
#include <random>
#include <vector>

#include "slo/windows.h"
#include "tests/support/doctest.h"

using namespace slo;  // the subject of this file

namespace {

// Ten zones: north and south, whole, half and quarter hours, a half-hour daylight saving, switches
// at midnight, none at all.
constexpr const char* kZones[] = {"UTC",
                                  "Europe/Berlin",
                                  "Europe/London",
                                  "America/New_York",
                                  "America/St_Johns",
                                  "America/Havana",
                                  "America/Santiago",
                                  "Asia/Kathmandu",
                                  "Australia/Lord_Howe",
                                  "Pacific/Chatham"};

// What the C library shows on the wall in a zone.
class Wall {
 public:
  explicit Wall(const char* zone) {
    if (const char* before = std::getenv("TZ")) before_ = before;
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
  ~Wall() {
    before_.empty() ? ::unsetenv("TZ") : ::setenv("TZ", before_.c_str(), 1);
    ::tzset();
  }
  std::tm at(std::int64_t utc_ms) const {
    const std::time_t seconds = utc_ms / 1000;
    std::tm shown{};
    ::localtime_r(&seconds, &shown);
    return shown;
  }

 private:
  std::string before_;
};

Zone zone(const char* name) { return Zone::find(name).value(); }
std::int64_t at(const char* text) { return parse_instant(text).value(); }

// Which period the wall says it is, as a number that only grows.
int period_number(CalendarUnit unit, const std::tm& shown) {
  switch (unit) {
    case CalendarUnit::kWeek: {
      const std::int64_t day =
          days_since_epoch({shown.tm_year + 1900, shown.tm_mon + 1, shown.tm_mday});
      return static_cast<int>((day + 3) / 7);
    }
    case CalendarUnit::kMonth: return shown.tm_year * 12 + shown.tm_mon;
    case CalendarUnit::kQuarter: return shown.tm_year * 4 + shown.tm_mon / 3;
    case CalendarUnit::kYear: return shown.tm_year;
  }
  return 0;
}

}  // namespace

TEST_CASE("a period is where the wall clock shows it, in ten zones over four years") {
  const std::int64_t begin_ms = at("2023-12-01T00:00:00Z");
  const std::int64_t end_ms = at("2028-03-01T00:00:00Z");
  for (const char* name : kZones) {
    CAPTURE(name);
    const Wall wall(name);
    for (const CalendarUnit unit :
         {CalendarUnit::kWeek, CalendarUnit::kMonth, CalendarUnit::kQuarter, CalendarUnit::kYear}) {
      const Calendar calendar{unit, zone(name)};
      Period period = calendar.period_at(begin_ms);
      // A new period may only begin at an instant at which the number grows for the first time.
      int newest = period_number(unit, wall.at(begin_ms));
      std::int64_t mismatches = 0;
      for (std::int64_t t = begin_ms; t < end_ms; t += 15 * kMinuteMs) {
        const int number = period_number(unit, wall.at(t));
        if (number > newest) {
          newest = number;
          mismatches += period.end_ms == t ? 0 : 1;
          const Period next = calendar.period_at(t);
          mismatches += next.begin_ms == t ? 0 : 1;
          period = next;
        } else if (t % kDayMs == 0) {
          mismatches += calendar.period_at(t) == period ? 0 : 1;
        }
      }
      CHECK(mismatches == 0);
    }
  }
}

TEST_CASE("both daylight-saving switches: weeks and months an hour longer and shorter") {
  struct Row {
    const char* zone;
    const char* spring;  // an instant in the month of the switch
    std::int64_t spring_ms;
    const char* autumn;
    std::int64_t autumn_ms;
  };
  const std::int64_t h = kHourMs;
  const Row rows[] = {
      {"UTC", "2026-03-20T00:00:00Z", 31 * 24 * h, "2026-10-20T00:00:00Z", 31 * 24 * h},
      {"Europe/Berlin", "2026-03-20T00:00:00Z", 31 * 24 * h - h, "2026-10-20T00:00:00Z",
       31 * 24 * h + h},
      {"Europe/London", "2026-03-20T00:00:00Z", 31 * 24 * h - h, "2026-10-20T00:00:00Z",
       31 * 24 * h + h},
      {"America/New_York", "2026-03-20T00:00:00Z", 31 * 24 * h - h, "2026-11-20T00:00:00Z",
       30 * 24 * h + h},
      {"America/St_Johns", "2026-03-20T00:00:00Z", 31 * 24 * h - h, "2026-11-20T00:00:00Z",
       30 * 24 * h + h},
      {"America/Havana", "2026-03-20T00:00:00Z", 31 * 24 * h - h, "2026-11-20T00:00:00Z",
       30 * 24 * h + h},
      {"America/Santiago", "2026-09-20T00:00:00Z", 30 * 24 * h - h, "2026-04-20T00:00:00Z",
       30 * 24 * h + h},
      {"Asia/Kathmandu", "2026-03-20T00:00:00Z", 31 * 24 * h, "2026-10-20T00:00:00Z", 31 * 24 * h},
      {"Australia/Lord_Howe", "2026-10-20T00:00:00Z", 31 * 24 * h - h / 2, "2026-04-20T00:00:00Z",
       30 * 24 * h + h / 2},
      {"Pacific/Chatham", "2026-09-20T00:00:00Z", 30 * 24 * h - h, "2026-04-20T00:00:00Z",
       30 * 24 * h + h},
  };
  for (const Row& row : rows) {
    CAPTURE(row.zone);
    const Calendar months{CalendarUnit::kMonth, zone(row.zone)};
    CHECK(months.period_at(at(row.spring)).length_ms() == row.spring_ms);
    CHECK(months.period_at(at(row.autumn)).length_ms() == row.autumn_ms);
  }
  const Calendar weeks{CalendarUnit::kWeek, zone("Europe/Berlin")};
  CHECK(weeks.period_at(at("2026-03-29T12:00:00Z")).length_ms() == 7 * 24 * h - h);
  CHECK(weeks.period_at(at("2026-10-25T12:00:00Z")).length_ms() == 7 * 24 * h + h);
}

TEST_CASE("a wall clock that skips a time or shows it twice") {
  const Zone berlin = zone("Europe/Berlin");
  const auto local = [](const char* text) { return at(text); };  // read as the wall's digits
  CHECK(berlin.utc_ms(local("2026-03-29T02:30:00Z")) == at("2026-03-29T01:00:00Z"));
  CHECK(berlin.utc_ms(local("2026-10-25T02:30:00Z")) == at("2026-10-25T00:30:00Z"));
  CHECK(berlin.utc_ms(local("2026-07-01T00:00:00Z")) == at("2026-06-30T22:00:00Z"));
  CHECK(berlin.local_ms(at("2026-12-31T23:30:00Z")) == local("2027-01-01T00:30:00Z"));
  // Havana: midnight of 1 November is shown twice; Santiago: that of 6 September never.
  const Zone havana = zone("America/Havana");
  CHECK(havana.utc_ms(local("2026-11-01T00:00:00Z")) == at("2026-11-01T04:00:00Z"));
  CHECK(Calendar{CalendarUnit::kMonth, havana}.period_at(at("2026-11-01T05:30:00Z")).begin_ms ==
        at("2026-11-01T04:00:00Z"));
  const Zone santiago = zone("America/Santiago");
  CHECK(santiago.utc_ms(local("2026-09-06T00:00:00Z")) == at("2026-09-06T04:00:00Z"));
  CHECK(santiago.local_ms(at("2026-09-06T04:00:00Z")) == local("2026-09-06T01:00:00Z"));
}

TEST_CASE("leap days, month ends, quarters and anchors") {
  const Calendar months{CalendarUnit::kMonth, Zone()};
  CHECK(months.period_at(at("2028-02-10T00:00:00Z")).length_ms() == 29 * kDayMs);
  CHECK(months.period_at(at("2027-02-10T00:00:00Z")).length_ms() == 28 * kDayMs);
  CHECK(months.period_at(at("2100-02-10T00:00:00Z")).length_ms() == 28 * kDayMs);
  CHECK(months.period_at(at("2026-12-31T23:59:59.999Z")).end_ms == at("2027-01-01T00:00:00Z"));
  CHECK(Calendar{CalendarUnit::kYear, Zone()}.period_at(at("2028-06-01T00:00:00Z")).length_ms() ==
        366 * kDayMs);
  const Calendar quarters{CalendarUnit::kQuarter, Zone()};
  CHECK(quarters.period_at(at("2026-03-31T12:00:00Z")) ==
        Period{at("2026-01-01T00:00:00Z"), at("2026-04-01T00:00:00Z")});
  CHECK(quarters.period_at(at("2026-10-01T00:00:00Z")).length_ms() == 92 * kDayMs);

  // From each 31st, and on the last day where there is none.
  const Calendar from_31st{CalendarUnit::kMonth, Zone(), {2025, 12, 31}};
  CHECK(from_31st.period_at(at("2026-02-28T00:00:00Z")) ==
        Period{at("2026-02-28T00:00:00Z"), at("2026-03-31T00:00:00Z")});
  CHECK(from_31st.period_at(at("2026-02-27T23:59:59Z")) ==
        Period{at("2026-01-31T00:00:00Z"), at("2026-02-28T00:00:00Z")});
  CHECK(from_31st.period_at(at("2026-04-30T00:00:00Z")).begin_ms == at("2026-04-30T00:00:00Z"));
  // A business year from April, and from a leap day.
  const Calendar april{CalendarUnit::kYear, Zone(), {2020, 4, 1}};
  CHECK(april.period_at(at("2026-03-31T00:00:00Z")).begin_ms == at("2025-04-01T00:00:00Z"));
  const Calendar leap{CalendarUnit::kYear, Zone(), {2028, 2, 29}};
  CHECK(leap.period_at(at("2026-06-01T00:00:00Z")) ==
        Period{at("2026-02-28T00:00:00Z"), at("2027-02-28T00:00:00Z")});
  const Calendar sundays{CalendarUnit::kWeek, Zone(), {2026, 11, 22}};
  CHECK(sundays.period_at(at("2026-11-25T12:00:00Z")).begin_ms == at("2026-11-22T00:00:00Z"));
  CHECK(sundays.period_at(at("2019-01-01T12:00:00Z")).begin_ms == at("2018-12-30T00:00:00Z"));
}

TEST_CASE("periods with any anchor tile the time without gap or overlap") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 400; ++i) {
    const Calendar calendar{static_cast<CalendarUnit>(random() % 4), zone(kZones[random() % 10]),
                            civil_day(static_cast<std::int64_t>(random() % 20'000))};
    std::int64_t t = at("2024-01-01T00:00:00Z") +
                     static_cast<std::int64_t>(random() % (4ULL * 365 * 86'400'000));
    for (int n = 0; n < 15; ++n) {
      const Period period = calendar.period_at(t);
      REQUIRE(period.begin_ms <= t);
      REQUIRE(t < period.end_ms);
      CHECK(calendar.period_at(period.begin_ms) == period);
      CHECK(calendar.period_at(period.end_ms - 1) == period);
      CHECK(calendar.period_at(period.end_ms).begin_ms == period.end_ms);
      t = period.end_ms;
    }
  }
}

TEST_CASE("named periods") {
  const Zone berlin = zone("Europe/Berlin");
  CHECK(parse_period("2026-10", berlin).value() ==
        Period{at("2026-09-30T22:00:00Z"), at("2026-10-31T23:00:00Z")});
  CHECK(parse_period("2026-Q4", Zone()).value() ==
        Period{at("2026-10-01T00:00:00Z"), at("2027-01-01T00:00:00Z")});
  CHECK(parse_period("2028", Zone()).value().length_ms() == 366 * kDayMs);
  CHECK(parse_period("2026-W01", Zone()).value().begin_ms == at("2025-12-29T00:00:00Z"));
  CHECK(parse_period("2026-W53", Zone()).value().begin_ms == at("2026-12-28T00:00:00Z"));
  for (const char* bad : {"", "26-10", "2026-13", "2026-00", "2026-Q5", "2025-W53", "2026-1",
                          "2026-10-01", "x", "2026-", "2026-W", "-2026"}) {
    CAPTURE(bad);
    CHECK(!parse_period(bad, Zone()));
  }
}

TEST_CASE("instants and days are read strictly") {
  CHECK(at("1970-01-01T00:00:00Z") == 0);
  CHECK(at("2026-03-01T10:12:00.25+01:00") == at("2026-03-01T09:12:00Z") + 250);
  CHECK(at("2026-03-01 10:12:00-05:30") == at("2026-03-01T15:42:00Z"));
  for (const char* bad :
       {"", "2026-03-01", "2026-03-01T10:12:00", "2026-02-29T00:00:00Z", "2026-03-01T24:00:00Z",
        "2026-03-01T10:12:00.Z", "2026-03-01T10:12:00Zx", "2026-03-01T10:12:00+1:00"}) {
    CAPTURE(bad);
    CHECK(!parse_instant(bad));
  }
  CHECK(!parse_day("2026-04-31"));
  CHECK(parse_day("2028-02-29").value() == CivilDay{2028, 2, 29});
  CHECK(!Zone::find("Europe/Atlantis"));
  CHECK(!Zone::find(""));
  CHECK(!Zone::find("../../etc/passwd"));
}
