// fournines config show: the configuration with every default filled in, as a file that means the
// same. Scalars that YAML might take for something else stand in double quotes, which are JSON's.
#include "app/config_show.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "app/commands.h"

namespace app {
namespace {

std::string duration(std::int64_t ms) { return ms == 0 ? "0s" : slo::duration_label(ms); }

std::string percent(std::int64_t ppm) {
  std::string text =
      std::to_string(ppm / 10'000) + "." + std::to_string(10'000 + ppm % 10'000).substr(1);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text + "%";
}

std::string day(const slo::CivilDay& day) {
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02d-%02d", day.year, day.month, day.day);
  return text;
}

std::string instant(std::int64_t utc_ms) {
  const std::int64_t days = utc_ms / slo::kDayMs - (utc_ms % slo::kDayMs < 0 ? 1 : 0);
  const std::int64_t ms = utc_ms - days * slo::kDayMs;
  char text[64];
  std::snprintf(text, sizeof text, "%sT%02d:%02d:%02d.%03dZ", day(slo::civil_day(days)).c_str(),
                static_cast<int>(ms / slo::kHourMs), static_cast<int>(ms / slo::kMinuteMs % 60),
                static_cast<int>(ms / slo::kSecondMs % 60), static_cast<int>(ms % 1000));
  return text;
}

std::string map(const std::map<std::string, std::string>& entries) {
  std::string out;
  for (const auto& [key, value] : entries) {
    out += (out.empty() ? "" : ", ") + yaml_quoted(key) + ": " + yaml_quoted(value);
  }
  return "{" + out + "}";
}

std::string names(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ", ") + yaml_quoted(item);
  return "[" + out + "]";
}

std::string window(const slo::SloSpec& spec) {
  if (!spec.calendar) return spec.window_label;
  return "{calendar: " + std::string(slo::name(spec.calendar->unit)) +
         ", timezone: " + yaml_quoted(spec.calendar->zone.name()) +
         ", anchor: " + day(spec.calendar->anchor) + "}";
}

std::string row(const slo::AlertRow& row) {
  return "{long: " + duration(row.long_ms) + ", short: " + duration(row.short_ms) +
         ", budget: " + percent(row.budget_ppm) + "}";
}

std::string rows(const std::vector<slo::AlertRow>& all, slo::Severity severity) {
  std::string out;
  for (const slo::AlertRow& one : all) {
    if (one.severity == severity) out += (out.empty() ? "" : ", ") + row(one);
  }
  return "[" + out + "]";
}

bool has(const slo::SloSpec& spec, slo::Severity severity) {
  return std::ranges::any_of(spec.alert_rows,
                             [&](const slo::AlertRow& row) { return row.severity == severity; });
}

// The budgeting method and its keys.
std::string slices_of(const Config& config, const ConfiguredSlo& configured) {
  const auto& series =
      configured.follows ? config.slos[*configured.follows].series : configured.series;
  const slo::SloSpec& spec = *configured.spec;
  std::string text =
      "    budgeting_method: " + std::string(slo::name(spec.budgeting, spec.is_sliced)) + "\n";
  if (!series || !spec.is_sliced) return text;
  text += "    timeslice_window: " + duration(series->spec.slice_ms) + "\n";
  if (series->spec.counted) return text;
  return text + "    timeslice_target: " + slo::Objective{series->spec.target_ppb}.percent() + "\n";
}

void show_slo(const Config& config, const ConfiguredSlo& configured, std::string& out) {
  const slo::SloSpec& spec = *configured.spec;
  const auto line = [&out](const std::string& key, const std::string& value) {
    out += "    " + key + ": " + value + "\n";
  };
  out += "  - name: " + yaml_quoted(spec.name) + "\n";
  line("service", yaml_quoted(spec.service));
  line("description", yaml_quoted(spec.description));
  line("objective", spec.objective.percent());
  line("window", window(spec));
  line("sli", configured.sli);
  out += slices_of(config, configured);
  line("merge_gap", duration(spec.merge_gap()));
  line("labels", map(spec.labels));
  std::vector<std::string> dependencies;
  for (const slo::SloSpec::Name& name : spec.dependencies) {
    dependencies.push_back(name.service + "/" + name.name);
  }
  if (!dependencies.empty()) line("dependencies", names(dependencies));
  const auto alert = [&](slo::Severity severity) {
    const auto& words = spec.words_of(severity);
    return "{disable: " + std::string(has(spec, severity) ? "false" : "true") +
           (words ? ", labels: " + map(words->labels) + ", annotations: " + map(words->annotations)
                  : "") +
           "}";
  };
  std::string no_data;
  if (spec.no_data) {
    no_data = ", no_data: {after: " + duration(spec.no_data->after_ms) +
              ", severity: " + std::string(slo::name(spec.no_data->severity)) + "}";
  }
  line("alerting", "{min_failures: " + std::to_string(spec.min_failures) +
                       ", page_alert: " + alert(slo::Severity::kPage) +
                       ", ticket_alert: " + alert(slo::Severity::kTicket) + no_data +
                       ", annotations: " + map(spec.annotations) + "}");
}

std::string rule(const slo::Rule& rule) {
  constexpr const char* kFrequencies[] = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
  constexpr const char* kDays[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
  std::string out = std::string("FREQ=") + kFrequencies[static_cast<std::size_t>(rule.frequency)];
  const auto list = [&out](const char* key, const auto& items, auto text) {
    std::string joined;
    for (const auto& item : items) joined += (joined.empty() ? "" : ",") + text(item);
    if (!joined.empty()) out += std::string(";") + key + "=" + joined;
  };
  const auto number = [](int value) { return std::to_string(value); };
  if (rule.interval != 1) out += ";INTERVAL=" + number(rule.interval);
  if (rule.count != 0) out += ";COUNT=" + number(rule.count);
  list("BYMONTH", rule.months, number);
  list("BYMONTHDAY", rule.month_days, number);
  list("BYDAY", rule.days, [&](const slo::Rule::Day& day) {
    return (day.nth == 0 ? "" : number(day.nth)) + kDays[day.weekday];
  });
  const auto compact = [](std::string text) {
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text;
  };
  if (rule.until_day) out += ";UNTIL=" + compact(day(*rule.until_day));
  if (rule.until_utc_ms) {
    out += ";UNTIL=" + compact(instant(*rule.until_utc_ms)).substr(0, 15) + "Z";
  }
  return out;
}

// Who a thing is given to, for things that several objectives share.
template <class Thing, class Of>
std::vector<std::pair<Thing, std::vector<std::string>>> shared_by(const Config& config, Of of) {
  std::vector<std::pair<Thing, std::vector<std::string>>> found;
  for (const ConfiguredSlo& configured : config.slos) {
    const slo::SloSpec& spec = *configured.spec;
    for (const Thing& thing : of(spec)) {
      auto same =
          std::ranges::find(found, thing, &std::pair<Thing, std::vector<std::string>>::first);
      if (same == found.end()) same = found.insert(found.end(), {thing, {}});
      same->second.push_back(spec.service + "/" + spec.name);
    }
  }
  return found;
}

void show_overlays(const Config& config, std::string& out) {
  const auto maintenance = shared_by<std::shared_ptr<const slo::Maintenance>>(
      config, [](const slo::SloSpec& spec) { return spec.maintenance.all(); });
  out += maintenance.empty() ? "maintenance: []\n" : "maintenance:\n";
  for (const auto& [one, slos] : maintenance) {
    out += "  - {name: " + yaml_quoted(one->name) + ", slos: " + names(slos) +
           ", counts_as: " + (one->counts_as_up ? "up" : "excluded");
    if (one->once) {
      out += ", from: " + instant(one->once->begin_ms) + ", to: " + instant(one->once->end_ms);
    } else {
      out += ", start: " + yaml_quoted(instant(one->start_ms).substr(11, 8)) +
             ", duration: " + duration(one->duration_ms) +
             ", rrule: " + yaml_quoted(rule(one->rule)) + ", first: " + day(one->first) +
             ", timezone: " + yaml_quoted(one->zone.name());
    }
    out += "}\n";
  }
  const auto exclusions = shared_by<slo::ExcludedPeriod>(
      config, [](const slo::SloSpec& spec) { return spec.exclusions.all(); });
  out += exclusions.empty() ? "exclusions: []\n" : "exclusions:\n";
  for (const auto& [one, slos] : exclusions) {
    out += "  - {slos: " + names(slos) + ", from: " + instant(one.period.begin_ms) +
           ", to: " + instant(one.period.end_ms) + ", reason: " + yaml_quoted(one.reason) + "}\n";
  }
  const auto policy = shared_by<slo::PolicyLine>(
      config, [](const slo::SloSpec& spec) { return spec.policy.all(); });
  out += policy.empty() ? "error_budget_policy: []\n" : "error_budget_policy:\n";
  for (const auto& [one, slos] : policy) {
    out += "  - {slos: " + names(slos) + ", remaining_below: " + percent(one.below_ppm) +
           ", message: " + yaml_quoted(one.message);
    if (one.alert) out += ", alert: " + std::string(slo::name(*one.alert));
    out += "}\n";
  }
}

}  // namespace

std::string shown_config(const Config& config) {
  std::string out = "version: 1\n";
  out += config.sources.empty() ? "sources: []\n" : "sources:\n";
  for (const SourceSpec& source : config.sources) out += "  - " + source.text + "\n";
  out += "slos:\n";
  for (const ConfiguredSlo& configured : config.slos) show_slo(config, configured, out);
  out += "alert_windows:\n";
  std::set<std::int64_t> windows;
  for (const ConfiguredSlo& configured : config.slos) {
    const slo::SloSpec& spec = *configured.spec;
    if (!windows.insert(spec.window_ms).second) continue;
    const auto all = alert_rows_for(config.alert_windows, spec.window_ms);
    out += "  - {window: " + duration(spec.window_ms) +
           ", page: " + rows(all, slo::Severity::kPage) +
           ", ticket: " + rows(all, slo::Severity::kTicket) + "}\n";
  }
  show_overlays(config, out);
  out += std::string("container_slos: ") + (config.container_slos ? "true" : "false") + "\n";
  out += "process_groups: " + config.process_groups_text + "\n";
  out += "alerting: " + config.alerting_text + "\n";
  return out;
}

int config(const Options& options) {
  if (options.files.size() != 1 || options.files.front() != "show") {
    return complain(kExitUsage, "config: the only thing to do is 'config show'");
  }
  ConfigErrors errors;
  const auto config = load_config_file(options.config_file, errors);
  for (const std::string& line : errors.lines()) std::fprintf(stderr, "%s\n", line.c_str());
  if (!config) return kExitUsage;
  std::fputs(shown_config(*config).c_str(), stdout);
  return kExitYes;
}

}  // namespace app
