// fournines validate: is the configuration right, and what does it mean? For each objective the
// budget in time or events, what one failed probe costs, and what it takes for each alert row to
// fire:
//
//   website  99.99% over 30d  budget 4m19.2s  one failed probe (5s) = 1.9% of budget
//     page    1h/5m x14.4 (2 failures)  6h/30m x6 (3 failures)
//     ticket  1d/2h x3 (6 failures)  3d/6h x1 (6 failures)
#include <algorithm>
#include <cstdio>

#include "app/commands.h"
#include "app/config.h"
#include "app/format.h"

namespace app {
namespace {

std::string number(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.4g", value);
  return buffer;
}

std::string failures(std::int64_t count) {
  return std::to_string(count) + (count == 1 ? " failure" : " failures");
}

std::string row_text(const slo::AlertRow& row, const slo::SloSpec& spec) {
  std::string text = slo::duration_label(row.long_ms) + "/" + slo::duration_label(row.short_ms) +
                     " x" + number(slo::burn_threshold(row, spec.window_ms));
  if (slo::can_never_fire(row, spec.objective, spec.window_ms)) return text + " (can never fire)";
  const double detect = slo::seconds_to_detect(row, spec.objective, spec.window_ms, 1.0);
  if (spec.source == slo::SourceKind::kHost || spec.source == slo::SourceKind::kContainer)
    return text + " (after " + duration_words(detect) + " down)";
  if (spec.budgeting != slo::BudgetingMethod::kTime && !spec.counts_events()) {
    return text + " (after " + duration_words(detect) + " of nothing but failures)";
  }
  const std::int64_t needed =
      slo::failures_to_fire(row, spec.objective, spec.window_ms, spec.interval_ms);
  return text + " (" + failures(std::max<std::int64_t>(needed, spec.min_failures)) + ")";
}

void print_rows(const slo::SloSpec& spec, slo::Severity severity) {
  std::string line;
  for (const slo::AlertRow& row : spec.alert_rows) {
    if (row.severity == severity) line += "  " + row_text(row, spec);
  }
  if (!line.empty())
    std::printf("  %-6s%s\n", std::string(slo::name(severity)).c_str(), line.c_str());
}

void print_warnings(const slo::SloSpec& spec) {
  for (const slo::AlertRow& row : spec.alert_rows) {
    const std::string windows =
        slo::duration_label(row.long_ms) + "/" + slo::duration_label(row.short_ms);
    if (slo::can_never_fire(row, spec.objective, spec.window_ms)) {
      std::printf("  warning: the %s row %s can never fire, not even in a total outage\n",
                  std::string(slo::name(row.severity)).c_str(), windows.c_str());
    } else if (spec.budgeting == slo::BudgetingMethod::kOccurrences && !spec.counts_events()) {
      if (spec.min_failures >= 2) continue;
      std::printf(
          "  warning: the %s row %s fires on a single bad event where there are few; set "
          "min_failures\n",
          std::string(slo::name(row.severity)).c_str(), windows.c_str());
    } else if (spec.counts_events() && spec.min_failures < 2 &&
               slo::failures_to_fire(row, spec.objective, spec.window_ms, spec.interval_ms) < 2) {
      std::printf(
          "  warning: the %s row %s fires on a single %s; look more often or set min_failures\n",
          std::string(slo::name(row.severity)).c_str(), windows.c_str(), spec.sample_noun);
    }
  }
}

// "4m1.92s to 4m27.84s, by the month's length": the budget is that of the real period.
std::string budget_text(const slo::SloSpec& spec) {
  const auto of_days = [&](int days) {
    return duration_words(slo::budget_seconds(spec.objective, days * slo::kDayMs));
  };
  if (!spec.calendar) return duration_words(slo::budget_seconds(spec.objective, spec.window_ms));
  int shortest = 7;
  int longest = 7;
  switch (spec.calendar->unit) {
    case slo::CalendarUnit::kWeek: return of_days(7);
    case slo::CalendarUnit::kMonth: shortest = 28, longest = 31; break;
    case slo::CalendarUnit::kQuarter: shortest = 90, longest = 92; break;
    case slo::CalendarUnit::kYear: shortest = 365, longest = 366; break;
  }
  return of_days(shortest) + " to " + of_days(longest) + ", by the length of the " +
         spec.window_label + "; alerts take it as " + slo::duration_label(spec.window_ms);
}

void print_slo(const slo::SloSpec& spec) {
  const std::string name = spec.service == spec.name ? spec.name : spec.service + "/" + spec.name;
  std::printf("%s  %s%% over %s  budget ", name.c_str(), spec.objective.percent().c_str(),
              spec.window_label.c_str());
  if (spec.budgeting == slo::BudgetingMethod::kOccurrences) {
    std::printf("%s%% of all events, or %s of nothing but failures at the usual traffic",
                number(spec.objective.budget_ratio() * 100).c_str(), budget_text(spec).c_str());
  } else {
    std::printf("%s", budget_text(spec).c_str());
  }
  if (spec.budgeting == slo::BudgetingMethod::kRatioTimeslices) {
    const double cost = slo::cost_of_one_failure(spec.objective, spec.window_ms, spec.interval_ms);
    std::printf("  one slice of nothing but failures (%s) = %.2g%% of budget",
                slo::duration_label(spec.interval_ms).c_str(), cost * 100);
  }
  if (spec.counts_events()) {
    const double cost = slo::cost_of_one_failure(spec.objective, spec.window_ms, spec.interval_ms);
    std::printf("  one %s (%s) = %.2g%% of budget", spec.sample_noun,
                slo::duration_label(spec.interval_ms).c_str(), cost * 100);
  }
  std::printf("\n");
  print_rows(spec, slo::Severity::kPage);
  print_rows(spec, slo::Severity::kTicket);
  if (spec.no_data) {
    std::printf("  %-6s  after %s without data\n",
                std::string(slo::name(spec.no_data->severity)).c_str(),
                slo::duration_label(spec.no_data->after_ms).c_str());
  }
  for (const slo::PolicyLine& line : spec.policy) {
    if (!line.alert) continue;
    std::printf("  %-6s  below %s of the budget: %s\n", std::string(slo::name(*line.alert)).c_str(),
                line.remaining_below.c_str(), line.message.c_str());
  }
  print_warnings(spec);
}

}  // namespace

int validate(const Options& options) {
  std::vector<std::string> files = options.files;
  if (files.empty()) files.push_back(options.config_file);
  ConfigErrors errors;
  std::vector<Config> configs;
  for (const std::string& file : files) {
    if (auto config = load_config_file(file, errors)) configs.push_back(std::move(*config));
  }
  for (const std::string& line : errors.lines()) std::fprintf(stderr, "%s\n", line.c_str());
  if (!errors.empty()) return kExitUsage;
  for (const Config& config : configs) {
    for (const ConfiguredSlo& configured : config.slos) print_slo(*configured.spec);
  }
  return kExitYes;
}

}  // namespace app
