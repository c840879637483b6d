#include "slo/zone.h"

#include <date/tz.h>

#include <chrono>
#include <exception>

#include "slo/windows.h"

namespace slo {
namespace {

using Milliseconds = std::chrono::milliseconds;

std::unexpected<exporter::Error> invalid(std::string_view text, const char* why) {
  return exporter::fail(exporter::ErrorKind::kInvalid, "'" + std::string(text) + "': " + why);
}

// Takes exactly this many digits off the front.
bool take_digits(std::string_view& text, std::size_t count, int& value) {
  if (text.size() < count) return false;
  value = 0;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return true;
}

bool take_char(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

bool take_day(std::string_view& text, CivilDay& day) {
  return take_digits(text, 4, day.year) && take_char(text, '-') &&
         take_digits(text, 2, day.month) && take_char(text, '-') && take_digits(text, 2, day.day) &&
         day.month >= 1 && day.month <= 12 && day.day >= 1 &&
         day.day <= last_day_of_month(day.year, day.month);
}

}  // namespace

std::int64_t days_since_epoch(CivilDay day) {
  const date::year_month_day civil{date::year(day.year),
                                   date::month(static_cast<unsigned>(day.month)),
                                   date::day(static_cast<unsigned>(day.day))};
  return date::sys_days(civil).time_since_epoch().count();
}

CivilDay civil_day(std::int64_t days) {
  const date::year_month_day civil{date::sys_days(date::days(static_cast<int>(days)))};
  return {static_cast<int>(civil.year()), static_cast<int>(static_cast<unsigned>(civil.month())),
          static_cast<int>(static_cast<unsigned>(civil.day()))};
}

int last_day_of_month(int year, int month) {
  const auto last = date::year(year) / date::month(static_cast<unsigned>(month)) / date::last;
  return static_cast<int>(static_cast<unsigned>(last.day()));
}

int weekday(std::int64_t days) {
  return static_cast<int>(((days + 3) % 7 + 7) % 7);  // 1970-01-01 was a Thursday
}

exporter::Result<CivilDay> parse_day(std::string_view text) {
  std::string_view left = text;
  CivilDay day;
  if (!take_day(left, day) || !left.empty()) return invalid(text, "not a day such as 2026-10-31");
  return day;
}

exporter::Result<std::int64_t> parse_instant(std::string_view text) {
  constexpr const char* kForm = "not an instant such as 2026-10-31T10:00:00Z";
  std::string_view left = text;
  CivilDay day;
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!take_day(left, day) || !(take_char(left, 'T') || take_char(left, ' ')) ||
      !take_digits(left, 2, hour) || !take_char(left, ':') || !take_digits(left, 2, minute) ||
      !take_char(left, ':') || !take_digits(left, 2, second) || hour > 23 || minute > 59 ||
      second > 59) {
    return invalid(text, kForm);
  }
  std::int64_t ms =
      days_since_epoch(day) * kDayMs + hour * kHourMs + minute * kMinuteMs + second * kSecondMs;
  if (take_char(left, '.')) {
    int digits = 0;
    for (std::int64_t unit = 100; !left.empty() && left.front() >= '0' && left.front() <= '9';
         unit /= 10, ++digits) {
      ms += unit * (left.front() - '0');
      left.remove_prefix(1);
    }
    if (digits == 0) return invalid(text, kForm);
  }
  if (take_char(left, 'Z'))
    return left.empty() ? ms : exporter::Result<std::int64_t>(invalid(text, kForm));
  const bool east = !left.empty() && left.front() == '+';
  int offset_hours = 0;
  int offset_minutes = 0;
  if (!(take_char(left, '+') || take_char(left, '-')) || !take_digits(left, 2, offset_hours) ||
      !take_char(left, ':') || !take_digits(left, 2, offset_minutes) || !left.empty() ||
      offset_hours > 23 || offset_minutes > 59) {
    return invalid(text, "needs a zone: Z or an offset such as +01:00");
  }
  const std::int64_t offset_ms = offset_hours * kHourMs + offset_minutes * kMinuteMs;
  return east ? ms - offset_ms : ms + offset_ms;
}

exporter::Result<Zone> Zone::find(std::string_view name) {
  Zone zone;
  if (name == "UTC") return zone;
  try {
    zone.zone_ = date::locate_zone(std::string(name));
    zone.name_ = std::string(name);
    (void)zone.local_ms(0);  // reads the zone's file
    return zone;
  } catch (const std::exception&) {
    return invalid(name, "is not a time zone this system knows, such as Europe/Berlin");
  }
}

std::int64_t Zone::local_ms(std::int64_t utc_ms) const {
  if (zone_ == nullptr) return utc_ms;
  const date::sys_info info = zone_->get_info(date::sys_time<Milliseconds>(Milliseconds(utc_ms)));
  return utc_ms + std::chrono::duration_cast<Milliseconds>(info.offset).count();
}

std::int64_t Zone::utc_ms(std::int64_t local_ms) const {
  if (zone_ == nullptr) return local_ms;
  const date::local_info info =
      zone_->get_info(date::local_time<Milliseconds>(Milliseconds(local_ms)));
  if (info.result == date::local_info::nonexistent) {
    return std::chrono::duration_cast<Milliseconds>(info.first.end.time_since_epoch()).count();
  }
  return local_ms - std::chrono::duration_cast<Milliseconds>(info.first.offset).count();
}

}  // namespace slo
