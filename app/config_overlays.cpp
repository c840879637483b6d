#include "app/config_overlays.h"

#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "app/config_window.h"
#include "exporter/core/text.h"
#include "slo/pattern.h"

namespace app {
namespace {

using Specs = std::vector<std::shared_ptr<slo::SloSpec>>;

constexpr std::size_t kMaxReasonBytes = 512;

// The objectives that slos: names; all of them where it is left out and may be.
std::vector<slo::SloSpec*> read_slos(YamlMap& map, const Specs& specs, bool required) {
  std::vector<slo::SloSpec*> found;
  const auto value = required ? map.require("slos") : map.take("slos");
  if (!value) {
    if (!required) {
      for (const auto& spec : specs) found.push_back(spec.get());
    }
    return found;
  }
  for (const YamlValue& item : value->list().value_or(std::vector<YamlValue>{})) {
    const auto pattern = item.text();
    if (!pattern) continue;
    bool any = false;
    for (const auto& spec : specs) {
      if (!slo::matches(*pattern, spec->service, spec->name)) continue;
      any = true;
      if (std::ranges::find(found, spec.get()) == found.end()) found.push_back(spec.get());
    }
    if (!any) item.error("'" + exporter::printable(*pattern, 80) + "' names no objective");
  }
  return found;
}

std::optional<std::int64_t> read_instant(const YamlValue& value) {
  const auto text = value.text();
  if (!text) return std::nullopt;
  const auto instant = slo::parse_instant(*text);
  if (instant) return *instant;
  value.error(instant.error().message);
  return std::nullopt;
}

std::optional<slo::Period> read_period(YamlMap& map) {
  const auto from = map.require("from");
  const auto to = map.require("to");
  if (!from || !to) return std::nullopt;
  const auto begin_ms = read_instant(*from);
  const auto end_ms = read_instant(*to);
  if (!begin_ms || !end_ms) return std::nullopt;
  if (*begin_ms >= *end_ms) {
    to->error("must be after 'from'");
    return std::nullopt;
  }
  return slo::Period{*begin_ms, *end_ms};
}

// "02:00" or "02:00:30", of the day.
std::optional<std::int64_t> read_time_of_day(const YamlValue& value) {
  const auto text = value.text();
  if (!text) return std::nullopt;
  const std::string seconds = text->size() == 5 ? *text + ":00" : *text;
  const auto instant = slo::parse_instant("1970-01-01T" + seconds + "Z");
  if (instant && seconds.size() == 8) return *instant;
  value.error("must be a time of the day such as 02:00");
  return std::nullopt;
}

// every: [tue, sat], or day.
void read_weekdays(const YamlValue& value, slo::Rule& rule) {
  constexpr std::array<std::string_view, 7> kDays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  rule.frequency = slo::Frequency::kWeekly;
  std::vector<YamlValue> items;
  if (value.is_text()) {
    items.push_back(value);
  } else {
    items = value.list().value_or(std::vector<YamlValue>{});
  }
  for (const YamlValue& item : items) {
    const auto text = item.text();
    if (!text) continue;
    const auto day = std::ranges::find(kDays, *text);
    if (day != kDays.end()) {
      rule.days.push_back({0, static_cast<int>(day - kDays.begin())});
    } else if (*text == "day" && items.size() == 1) {
      rule.frequency = slo::Frequency::kDaily;
    } else {
      item.error("must be mon, tue, wed, thu, fri, sat or sun, or 'day' alone");
    }
  }
}

void read_recurrence(YamlMap& map, slo::Maintenance& maintenance) {
  const auto start = map.require("start");
  const auto duration = map.require("duration");
  const auto every = map.take("every");
  const auto rule = map.take("rrule");
  if (start) maintenance.start_ms = read_time_of_day(*start).value_or(0);
  if (duration) maintenance.duration_ms = duration->duration_ms().value_or(1);
  if (maintenance.duration_ms > 31 * slo::kDayMs) duration->error("must be at most 31d");
  if (every && rule) {
    rule->error("and 'every' are two ways to say one thing: keep one");
  } else if (every) {
    read_weekdays(*every, maintenance.rule);
  } else if (rule) {
    const auto text = rule->text();
    if (!text) return;
    if (auto parsed = slo::parse_rule(*text)) {
      maintenance.rule = std::move(*parsed);
    } else {
      rule->error(parsed.error().message);
    }
  } else {
    map.value().error(
        "says nowhere on which days: 'every', 'rrule', or 'from' and 'to' is missing");
  }
  if (const auto first = map.take("first")) {
    const auto text = first->text();
    const auto day = slo::parse_day(text.value_or(""));
    if (day) maintenance.first = *day;
    if (text && !day) first->error(day.error().message);
  }
  if (const auto zone = map.take("timezone")) read_zone(*zone, maintenance.zone);
}

void read_maintenance(const YamlValue& value, const Specs& specs) {
  YamlMap map(value);
  auto maintenance = std::make_shared<slo::Maintenance>();
  if (const auto name = map.require("name")) maintenance->name = name->text().value_or("");
  const auto slos = read_slos(map, specs, false);
  if (const auto counts = map.take("counts_as")) {
    const auto text = counts->text();
    maintenance->counts_as_up = text && *text == "up";
    if (text && *text != "up" && *text != "excluded") counts->error("must be excluded or up");
  }
  const auto from = map.take("from");
  if (from) {
    YamlMap again(value);
    maintenance->once = read_period(again);
    (void)map.take("to");
  } else {
    read_recurrence(map, *maintenance);
  }
  map.finish();
  for (slo::SloSpec* spec : slos) spec->maintenance.push_back(maintenance);
}

void read_exclusion(const YamlValue& value, const Specs& specs) {
  YamlMap map(value);
  slo::ExcludedPeriod excluded;
  const auto slos = read_slos(map, specs, true);
  if (const auto period = read_period(map)) excluded.period = *period;
  if (const auto reason = map.require("reason")) {
    excluded.reason = exporter::printable(reason->text().value_or(""), kMaxReasonBytes);
  }
  map.finish();
  for (slo::SloSpec* spec : slos) spec->exclusions.push_back(excluded);
}

void read_policy_line(const YamlValue& value, const Specs& specs) {
  YamlMap map(value);
  slo::PolicyLine line;
  const auto slos = read_slos(map, specs, false);
  if (const auto below = map.require("remaining_below")) {
    line.remaining_below = below->text().value_or("");
    std::string_view number = line.remaining_below;
    if (number.ends_with('%')) number.remove_suffix(1);
    const auto ppm = slo::parse_decimal(number, 4);
    if (ppm && *ppm <= slo::kMillion) {
      line.below_ppm = *ppm;
    } else {
      below->error("must be a share of the budget between 0% and 100%");
    }
  }
  if (const auto message = map.require("message")) {
    line.message = exporter::printable(message->text().value_or(""), kMaxReasonBytes);
  }
  if (const auto alert = map.take("alert")) {
    const auto text = alert->text();
    if (text && *text == "page") line.alert = slo::Severity::kPage;
    if (text && *text == "ticket") line.alert = slo::Severity::kTicket;
    if (text && !line.alert) alert->error("must be page or ticket");
  }
  map.finish();
  for (slo::SloSpec* spec : slos) spec->policy.push_back(line);
}

template <class Read>
void each_item(YamlMap& root, std::string_view key, Read read) {
  const auto value = root.take(key);
  if (!value) return;
  for (const YamlValue& item : value->list().value_or(std::vector<YamlValue>{})) read(item);
}

}  // namespace

void read_overlays(YamlMap& root, Specs& specs) {
  each_item(root, "maintenance", [&](const YamlValue& item) { read_maintenance(item, specs); });
  each_item(root, "exclusions", [&](const YamlValue& item) { read_exclusion(item, specs); });
  each_item(root, "error_budget_policy",
            [&](const YamlValue& item) { read_policy_line(item, specs); });
  for (const auto& spec : specs) {
    if (spec->policy.empty()) continue;
    std::ranges::stable_sort(spec->policy, std::greater{}, &slo::PolicyLine::below_ppm);
  }
}

void resolve_dependencies(const std::vector<WrittenDependencies>& written, const Specs& specs) {
  for (const WrittenDependencies& one : written) {
    for (const YamlValue& item : one.names) {
      const auto text = item.text();
      if (!text) continue;
      std::vector<const slo::SloSpec*> meant;
      for (const auto& spec : specs) {
        if (slo::matches(*text, spec->service, spec->name)) meant.push_back(spec.get());
      }
      const std::string quoted = "'" + exporter::printable(*text, 80) + "'";
      if (meant.empty()) item.error(quoted + " names no objective");
      if (meant.size() > 1) item.error(quoted + " names several objectives: write service/name");
      if (meant.size() != 1) continue;
      if (one.spec->source == slo::SourceKind::kRecord &&
          meant.front()->source == slo::SourceKind::kRecord) {
        item.error(quoted +
                   " is told by a source, too, and maybe later: depend on what is seen here");
      }
      one.spec->dependencies.push_back({meant.front()->service, meant.front()->name});
    }
  }
  // Each is walked up from; whoever meets itself stands in a circle.
  for (const WrittenDependencies& one : written) {
    std::set<std::pair<std::string, std::string>> met;
    std::vector<const slo::SloSpec*> next{one.spec.get()};
    while (!next.empty()) {
      const slo::SloSpec* at = next.back();
      next.pop_back();
      for (const auto& [service, name] : at->dependencies) {
        if (service == one.spec->service && name == one.spec->name) {
          one.names.front().error("depends on itself");
          return;
        }
        if (!met.insert({service, name}).second) continue;
        for (const auto& spec : specs) {
          if (spec->service == service && spec->name == name) next.push_back(spec.get());
        }
      }
    }
  }
}

}  // namespace app
