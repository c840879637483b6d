// A rule is asked day by day whether it begins on that day: 400 days are 400 questions.
#include "slo/maintenance.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "slo/windows.h"

namespace slo {
namespace {

using exporter::ErrorKind;
using exporter::Result;

constexpr std::array<std::string_view, 7> kDays{"MO", "TU", "WE", "TH", "FR", "SA", "SU"};

std::unexpected<exporter::Error> invalid(const std::string& why) {
  return exporter::fail(ErrorKind::kInvalid, why);
}

std::optional<int> number(std::string_view text, int least, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    return std::nullopt;
  }
  return value;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(at, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::optional<Rule::Day> parse_weekday(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const auto day = std::ranges::find(kDays, text.substr(text.size() - 2));
  if (day == kDays.end()) return std::nullopt;
  std::string_view nth = text.substr(0, text.size() - 2);
  if (nth.starts_with('+')) nth.remove_prefix(1);
  Rule::Day parsed{0, static_cast<int>(day - kDays.begin())};
  if (nth.empty()) return parsed;
  const auto value = number(nth, -5, 5);
  if (!value || *value == 0) return std::nullopt;
  parsed.nth = *value;
  return parsed;
}

// 20261231 or 20261231T235959Z.
bool parse_until(std::string_view text, Rule& rule) {
  const auto pair = [&](std::size_t at) { return std::string(text.substr(at, 2)); };
  if (text.size() != 8 && !(text.size() == 16 && text[8] == 'T' && text[15] == 'Z')) return false;
  const std::string day = std::string(text.substr(0, 4)) + "-" + pair(4) + "-" + pair(6);
  if (text.size() == 8) {
    const auto parsed = parse_day(day);
    if (parsed) rule.until_day = *parsed;
    return parsed.has_value();
  }
  const auto parsed = parse_instant(day + "T" + pair(9) + ":" + pair(11) + ":" + pair(13) + "Z");
  if (parsed) rule.until_utc_ms = *parsed;
  return parsed.has_value();
}

bool parse_part(std::string_view key, std::string_view value, Rule& rule, bool& has_frequency) {
  const auto each = [&](auto parse, auto& list) {
    for (const std::string_view part : split(value, ',')) {
      const auto parsed = parse(part);
      if (!parsed) return false;
      list.push_back(*parsed);
    }
    return true;
  };
  if (key == "FREQ") {
    constexpr std::array<std::string_view, 4> kNames{"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
    const auto found = std::ranges::find(kNames, value);
    if (found == kNames.end()) return false;
    rule.frequency = static_cast<Frequency>(found - kNames.begin());
    has_frequency = true;
    return true;
  }
  if (key == "INTERVAL" || key == "COUNT") {
    const auto parsed = number(value, 1, 10'000);
    if (parsed) (key == "COUNT" ? rule.count : rule.interval) = *parsed;
    return parsed.has_value();
  }
  if (key == "UNTIL") return parse_until(value, rule);
  if (key == "BYDAY") return each(parse_weekday, rule.days);
  if (key == "BYMONTHDAY") {
    return each(
        [](std::string_view part) {
          const auto day = number(part, -31, 31);
          return day && *day != 0 ? day : std::nullopt;
        },
        rule.month_days);
  }
  if (key == "BYMONTH") {
    return each([](std::string_view part) { return number(part, 1, 12); }, rule.months);
  }
  return key == "WKST" && value == "MO";
}

// 3 when this is the third such weekday of the month, and -2 the one before the last.
bool is_nth(int nth, int day, int last) {
  return nth == 0 || nth == (day - 1) / 7 + 1 || nth == -((last - day) / 7 + 1);
}

bool begins_on(const Maintenance& maintenance, std::int64_t days) {
  const Rule& rule = maintenance.rule;
  const CivilDay& first = maintenance.first;
  const CivilDay day = civil_day(days);
  const int last = last_day_of_month(day.year, day.month);
  const int day_of_week = weekday(days);
  const std::int64_t first_days = days_since_epoch(first);
  if (!rule.months.empty() && std::ranges::find(rule.months, day.month) == rule.months.end()) {
    return false;
  }
  if (!rule.month_days.empty() && std::ranges::none_of(rule.month_days, [&](int wanted) {
        return wanted == day.day || wanted == day.day - last - 1;
      })) {
    return false;
  }
  if (!rule.days.empty() && std::ranges::none_of(rule.days, [&](const Rule::Day& wanted) {
        return wanted.weekday == day_of_week && is_nth(wanted.nth, day.day, last);
      })) {
    return false;
  }
  const bool free_day = rule.days.empty() && rule.month_days.empty();
  switch (rule.frequency) {
    case Frequency::kDaily: return (days - first_days) % rule.interval == 0;
    case Frequency::kWeekly: {
      const std::int64_t monday = first_days - weekday(first_days);
      return (days - monday) / 7 % rule.interval == 0 &&
             (!free_day || day_of_week == weekday(first_days));
    }
    case Frequency::kMonthly: {
      const int months = (day.year - first.year) * 12 + day.month - first.month;
      return months % rule.interval == 0 && (!free_day || day.day == first.day);
    }
    case Frequency::kYearly:
      return (day.year - first.year) % rule.interval == 0 &&
             (!rule.months.empty() || day.month == first.month) &&
             (!free_day || day.day == first.day);
  }
  return false;
}

}  // namespace

Result<Rule> parse_rule(std::string_view text) {
  constexpr const char* kKnown =
      "known are FREQ, INTERVAL, COUNT, UNTIL, BYDAY, BYMONTHDAY, BYMONTH and WKST=MO";
  if (text.starts_with("RRULE:")) text.remove_prefix(6);
  Rule rule;
  bool has_frequency = false;
  for (const std::string_view part : split(text, ';')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos ||
        !parse_part(part.substr(0, equals), part.substr(equals + 1), rule, has_frequency)) {
      return invalid("'" + std::string(part) +
                     "' is not a part of a rule that is understood: " + kKnown);
    }
  }
  if (!has_frequency) return invalid("needs FREQ=DAILY, WEEKLY, MONTHLY or YEARLY");
  if (rule.count > 0 && (rule.until_day || rule.until_utc_ms)) {
    return invalid("has both COUNT and UNTIL");
  }
  const bool numbered =
      std::ranges::any_of(rule.days, [](const Rule::Day& day) { return day.nth != 0; });
  if (numbered && rule.frequency < Frequency::kMonthly) {
    return invalid("a numbered weekday such as 1TU wants FREQ=MONTHLY or YEARLY");
  }
  const bool named_days = !rule.days.empty() || !rule.month_days.empty();
  if (rule.frequency == Frequency::kYearly && rule.months.empty() && named_days) {
    return invalid("FREQ=YEARLY with BYDAY or BYMONTHDAY wants BYMONTH");
  }
  if (rule.frequency == Frequency::kWeekly && !rule.month_days.empty()) {
    return invalid("FREQ=WEEKLY cannot have BYMONTHDAY");
  }
  return rule;
}

std::vector<Period> Maintenance::between(std::int64_t from_utc_ms, std::int64_t to_utc_ms) const {
  std::vector<Period> periods;
  const auto add = [&](const Period& period) {
    if (period.begin_ms < to_utc_ms && period.end_ms > from_utc_ms) periods.push_back(period);
  };
  if (once) {
    add(*once);
    return periods;
  }
  // Two days more on either side than the zones' offsets can make up for.
  const std::int64_t first_days = days_since_epoch(first);
  std::int64_t day = std::max(first_days, (from_utc_ms - duration_ms) / kDayMs - 2);
  if (rule.count > 0) day = first_days;
  std::int64_t last_day = to_utc_ms / kDayMs + 2;
  if (rule.until_day) last_day = std::min(last_day, days_since_epoch(*rule.until_day));
  for (int begun = 0; day <= last_day && (rule.count == 0 || begun < rule.count); ++day) {
    if (!begins_on(*this, day)) continue;
    ++begun;
    const std::int64_t begin_ms = zone.utc_ms(day * kDayMs + start_ms);
    if (rule.until_utc_ms && begin_ms > *rule.until_utc_ms) break;
    add({begin_ms, begin_ms + duration_ms});
  }
  return periods;
}

}  // namespace slo
