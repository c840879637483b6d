#include "slo/maintenance.h"

#include <random>
#include <string>
#include <vector>

#include "slo/windows.h"
#include "tests/slo/sim.h"
#include "tests/support/doctest.h"
#include "tests/support/scripts.h"

using namespace slo;           // the subject of this file
using namespace slo::testing;  // a machine

namespace {

std::int64_t at(const std::string& text) { return parse_instant(text).value(); }

Maintenance ruled(const char* rule, const char* first = "2001-01-01", const char* zone = "UTC",
                  std::int64_t start_ms = 2 * kHourMs, std::int64_t duration_ms = 30 * kMinuteMs) {
  Maintenance maintenance;
  maintenance.rule = parse_rule(rule).value();
  maintenance.first = parse_day(first).value();
  maintenance.zone = Zone::find(zone).value();
  maintenance.start_ms = start_ms;
  maintenance.duration_ms = duration_ms;
  return maintenance;
}

// The days, as "03-31", on which it begins in 2027.
std::vector<std::string> days_of_2027(const Maintenance& maintenance) {
  std::vector<std::string> days;
  for (const Period& period :
       maintenance.between(at("2027-01-01T00:00:00Z"), at("2028-01-01T00:00:00Z"))) {
    const CivilDay day = civil_day(maintenance.zone.local_ms(period.begin_ms) / kDayMs);
    const std::string month = std::to_string(100 + day.month).substr(1);
    days.push_back(month + "-" + std::to_string(100 + day.day).substr(1));
  }
  return days;
}

using Days = std::vector<std::string>;

}  // namespace

TEST_CASE("rules begin on the days RFC 5545 gives them") {
  CHECK(days_of_2027(ruled("FREQ=MONTHLY;BYDAY=1TU")) == Days{"01-05", "02-02", "03-02", "04-06",
                                                              "05-04", "06-01", "07-06", "08-03",
                                                              "09-07", "10-05", "11-02", "12-07"});
  CHECK(days_of_2027(ruled("FREQ=MONTHLY;BYDAY=-1FR;BYMONTH=2,3")) == Days{"02-26", "03-26"});
  CHECK(days_of_2027(ruled("FREQ=MONTHLY;BYMONTHDAY=31")) ==
        Days{"01-31", "03-31", "05-31", "07-31", "08-31", "10-31", "12-31"});
  CHECK(days_of_2027(ruled("FREQ=MONTHLY;BYMONTHDAY=-1;BYMONTH=2,4")) == Days{"02-28", "04-30"});
  CHECK(days_of_2027(ruled("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13")) == Days{"08-13"});
  CHECK(days_of_2027(ruled("FREQ=MONTHLY;INTERVAL=5", "2027-01-31")) == Days{"01-31"});
  CHECK(days_of_2027(ruled("FREQ=WEEKLY;INTERVAL=20;BYDAY=MO,SU", "2027-01-06")) ==
        Days{"01-10", "05-24", "05-30", "10-11", "10-17"});
  CHECK(days_of_2027(ruled("FREQ=WEEKLY;UNTIL=20270119", "2027-01-05")) ==
        Days{"01-05", "01-12", "01-19"});
  CHECK(days_of_2027(ruled("FREQ=WEEKLY;UNTIL=20270119T015959Z", "2027-01-05")) ==
        Days{"01-05", "01-12"});
  CHECK(days_of_2027(ruled("FREQ=DAILY;INTERVAL=100;COUNT=3", "2026-12-01")) ==
        Days{"03-11", "06-19"});
  CHECK(days_of_2027(ruled("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH")) == Days{"11-25"});
  CHECK(days_of_2027(ruled("FREQ=YEARLY", "2024-02-29")).empty());
  CHECK(days_of_2027(ruled("RRULE:FREQ=YEARLY;INTERVAL=2;WKST=MO", "2025-07-04")) == Days{"07-04"});
}

TEST_CASE("what a rule cannot mean is refused by name") {
  for (const char* bad :
       {"", "FREQ=HOURLY", "BYDAY=MO", "FREQ=WEEKLY;BYSETPOS=1", "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=DAILY;COUNT=0", "FREQ=DAILY;INTERVAL=x", "FREQ=DAILY;COUNT=1;UNTIL=20270101",
        "FREQ=MONTHLY;BYDAY=0TU", "FREQ=MONTHLY;BYDAY=6TU", "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=YEARLY;BYDAY=MO", "FREQ=WEEKLY;WKST=SU", "FREQ=DAILY;UNTIL=20270230",
        "FREQ=DAILY;UNTIL=20270101T000000", "FREQ=DAILY;", "FREQ=WEEKLY;BYMONTHDAY=1"}) {
    CAPTURE(bad);
    CHECK(!parse_rule(bad));
  }
  CHECK(parse_rule("FREQ=WEEKLY;BYSETPOS=1").error().message.find("BYSETPOS") != std::string::npos);
}

TEST_CASE("the wall clock says when, also when it is set in the night") {
  const auto nights = [](const char* zone, const char* from, const char* to) {
    return ruled("FREQ=DAILY", "2001-01-01", zone, 2 * kHourMs + 30 * kMinuteMs, kHourMs)
        .between(at(from), at(to));
  };
  // 02:30 in Berlin: 01:30 UTC, skipped to 03:00 on 28 March, then 00:30 UTC.
  const auto spring = nights("Europe/Berlin", "2027-03-27T00:00:00Z", "2027-03-30T00:00:00Z");
  REQUIRE(spring.size() == 3);
  CHECK(spring[0] == Period{at("2027-03-27T01:30:00Z"), at("2027-03-27T02:30:00Z")});
  CHECK(spring[1] == Period{at("2027-03-28T01:00:00Z"), at("2027-03-28T02:00:00Z")});
  CHECK(spring[2] == Period{at("2027-03-29T00:30:00Z"), at("2027-03-29T01:30:00Z")});
  // Shown twice on 31 October: the first of the two.
  const auto autumn = nights("Europe/Berlin", "2027-10-31T00:00:00Z", "2027-11-01T00:00:00Z");
  REQUIRE(autumn.size() == 1);
  CHECK(autumn[0] == Period{at("2027-10-31T00:30:00Z"), at("2027-10-31T01:30:00Z")});
  CHECK(nights("Pacific/Kiritimati", "2027-06-01T00:00:00Z", "2027-06-02T00:00:00Z").size() == 1);
  CHECK(nights("Pacific/Pago_Pago", "2027-06-01T00:00:00Z", "2027-06-02T00:00:00Z").size() == 1);
}

TEST_CASE("asking for a part gives that part of the whole") {
  std::mt19937_64 random(3);
  const char* zones[] = {"UTC", "Europe/Berlin", "America/Havana", "Australia/Lord_Howe"};
  const char* rules[] = {"FREQ=DAILY", "FREQ=WEEKLY;BYDAY=TU,SA", "FREQ=MONTHLY;BYMONTHDAY=-1",
                         "FREQ=DAILY;COUNT=40", "FREQ=WEEKLY;UNTIL=20270401;BYDAY=MO"};
  const std::int64_t begin = at("2027-01-01T00:00:00Z");
  const std::int64_t end = at("2028-01-01T00:00:00Z");
  for (int i = 0; i < 300; ++i) {
    const Maintenance maintenance =
        ruled(rules[random() % 5], "2026-12-20", zones[random() % 4],
              static_cast<std::int64_t>(random() % 86'400'000),
              static_cast<std::int64_t>(1 + random() % (3ULL * 86'400'000)));
    const auto all = maintenance.between(begin, end);
    const std::int64_t from = begin + static_cast<std::int64_t>(random() % (360ULL * 86'400'000));
    const std::int64_t to = from + static_cast<std::int64_t>(random() % (5ULL * 86'400'000));
    std::vector<Period> want;
    for (const Period& period : all) {
      if (period.begin_ms < to && period.end_ms > from) want.push_back(period);
    }
    if (to <= end) CHECK(maintenance.between(from, to) == want);
  }
}

TEST_CASE("maintenance is excluded when it comes, also after weeks and a clock that is set") {
  auto window = std::make_shared<Maintenance>(ruled("FREQ=DAILY"));
  auto spec = host_spec();
  spec->maintenance.push_back(window);
  Machine machine(at("2027-01-01T00:00:00Z"));
  machine.start();
  const SloId id = machine.add(spec);
  const int days = test::length(10);
  for (int day = 0; day < days; ++day) machine.idle(kDayMs);
  CHECK(machine.judge(id).window().totals.excluded_ms == days * 30 * kMinuteMs);
  CHECK(machine.judge(id).counters.state_ms[3] == days * 30 * kMinuteMs);
  // At 01:30 the clock is set to 02:30: this day's half hour is over before it began.
  machine.idle(kHourMs + 30 * kMinuteMs);
  machine.set_wall_clock(kHourMs);
  machine.idle(kHourMs);
  CHECK(machine.judge(id).counters.state_ms[3] == days * 30 * kMinuteMs);
  machine.idle(kDayMs);
  CHECK(machine.judge(id).counters.state_ms[3] == (days + 1) * 30 * kMinuteMs);

  // Counting as up, and taken away again: gauges follow, counters do not go back.
  auto as_up = std::make_shared<Maintenance>(*window);
  as_up->counts_as_up = true;
  auto other = std::make_shared<SloSpec>(*spec);
  other->maintenance = {std::shared_ptr<const Maintenance>(as_up)};
  machine.add(other);
  machine.step();
  CHECK(machine.judge(id).window().totals.excluded_ms == 0);
  CHECK(machine.judge(id).counters.state_ms[3] == (days + 1) * 30 * kMinuteMs);
}
