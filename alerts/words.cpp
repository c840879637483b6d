// An example of what comes out:
//
//   shop/website burns its error budget 41.7 times as fast as it may over the last 1h, and 52.1
//   times over the last 5m. It is down since 2026-11-25 19:46:26 UTC (timeout). 3m 21s of the
//   4m 19s for 30d are left; at the pace of the last hour they last 2h 10m. Look first at what
//   changed last.
#include "alerts/words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace alerts {
namespace {

constexpr std::int64_t kMsPerSecond = 1000;
constexpr char kTestAlert[] = "FourninesTestPage";

std::string fixed(double value, int decimals) {
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::fixed, decimals);
  return {buffer.data(), end.ptr};
}

struct CivilTime {
  int year;
  unsigned month, day, hour, minute, second, millisecond;
};

CivilTime civil_time(std::int64_t unix_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> instant{milliseconds(unix_ms)};
  const auto midnight = floor<days>(instant);
  const year_month_day date(midnight);
  const auto ms = static_cast<unsigned>((instant - midnight).count());
  return {static_cast<int>(date.year()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          ms / 3'600'000,
          ms / 60'000 % 60,
          ms / 1000 % 60,
          ms % 1000};
}

std::string name_of(const slo::SloSpec& spec) { return spec.service + "/" + spec.name; }

std::string_view summary_of(AlertKind kind) {
  switch (kind) {
    case AlertKind::kBurnPage:
      return "The error budget is burning so fast that somebody has to act now.";
    case AlertKind::kBurnTicket: return "The error budget is burning faster than it lasts.";
    case AlertKind::kTargetDown: return "The target has been down for more than a minute.";
    case AlertKind::kNoData: return "The objective is not measured.";
    case AlertKind::kBudgetPolicy: return "The error budget policy asks for action.";
  }
  return {};
}

std::string_view first_step(AlertKind kind) {
  switch (kind) {
    case AlertKind::kBurnPage: return " Look first at what changed last.";
    case AlertKind::kBurnTicket: return " Find the cause within days.";
    case AlertKind::kTargetDown:
      return " See whether the target is up and reachable from here, and what was deployed last.";
    case AlertKind::kNoData: return " See the cause on the status page.";
    case AlertKind::kBudgetPolicy: break;
  }
  return {};
}

// The row that fires, the quickest first; nullptr when none does.
const slo::AlertView* worst_row(const slo::Judgement& judgement, slo::Severity severity) {
  const slo::AlertView* worst = nullptr;
  for (const slo::AlertView& view : judgement.alerts) {
    if (view.row.severity != severity || !view.reading.firing) continue;
    if (worst == nullptr || view.row.long_ms < worst->row.long_ms) worst = &view;
  }
  return worst;
}

std::string burn_words(const slo::Judgement& judgement, slo::Severity severity) {
  const slo::AlertView* view = worst_row(judgement, severity);
  if (view == nullptr) return " burned its error budget faster than it may.";
  return " burns its error budget " + fixed(view->reading.long_burn, 1) +
         " times as fast as it may over the last " + slo::duration_label(view->row.long_ms) +
         ", and " + fixed(view->reading.short_burn, 1) + " times over the last " +
         slo::duration_label(view->row.short_ms) + ".";
}

std::string incident_words(const slo::Judgement& judgement, const slo::Labels& labels) {
  if (!judgement.open_incident) return {};
  const slo::IncidentRecord& incident = *judgement.open_incident;
  std::string text = " It is down since " + utc_words(labels.utc_ms(incident.start_ms));
  if (judgement.state == slo::State::kDown && judgement.cause != slo::Cause::kNone) {
    text += " (" + std::string(slo::name(judgement.cause)) + ")";
  }
  return text + ", " + span_words(static_cast<double>(incident.down_ms) / kMsPerSecond) +
         " of it counted as down.";
}

// "12.5 of the 300 bad events that 30d may have are left".
std::string event_budget_words(const slo::Judgement& judgement) {
  const slo::Budget& budget = judgement.budget;
  if (std::isnan(budget.total_events)) return {};
  const std::string whole = "the " + fixed(budget.total_events, 1) + " bad events that " +
                            judgement.spec->window_label + " may have";
  if (budget.remaining_events <= 0) {
    return " The budget is spent: " + fixed(-budget.remaining_events, 1) + " more than " + whole +
           ".";
  }
  return " " + fixed(budget.remaining_events, 1) + " of " + whole + " are left.";
}

std::string budget_words(const slo::Judgement& judgement) {
  if (judgement.spec->budgeting == slo::BudgetingMethod::kOccurrences) {
    return event_budget_words(judgement);
  }
  const slo::Budget& budget = judgement.budget;
  const std::string whole =
      "the " + span_words(budget.total_seconds) + " for " + judgement.spec->window_label;
  if (budget.remaining_seconds <= 0) {
    return " The budget is spent: " + span_words(-budget.remaining_seconds) + " more than " +
           whole + ".";
  }
  std::string text = " " + span_words(budget.remaining_seconds) + " of " + whole + " are left";
  if (std::isfinite(judgement.exhaustion_seconds)) {
    text += "; at the pace of the last hour they last " + span_words(judgement.exhaustion_seconds);
  }
  return text + ".";
}

std::string description_of(AlertKind kind, const slo::Judgement& judgement,
                           const slo::Labels& labels) {
  std::string text = name_of(*judgement.spec);
  switch (kind) {
    case AlertKind::kBurnPage: text += burn_words(judgement, slo::Severity::kPage); break;
    case AlertKind::kBurnTicket: text += burn_words(judgement, slo::Severity::kTicket); break;
    case AlertKind::kTargetDown: text += " fails its checks."; break;
    case AlertKind::kNoData:
      text +=
          " is unknown since " + utc_words(labels.utc_ms(judgement.state_since_ms)) +
          ": such time counts neither as good nor as bad, and no other alert about it can fire.";
      break;
    case AlertKind::kBudgetPolicy:
      if (const auto* line = policy_in_force(*judgement.spec, judgement.budget.remaining_ratio)) {
        text += ": " + line->message + ".";
      }
      break;
  }
  text += incident_words(judgement, labels);
  if (judgement.state == slo::State::kUnknown && kind != AlertKind::kNoData)
    text += " It cannot be measured now.";
  text += budget_words(judgement);
  text += first_step(kind);
  return text;
}

std::string joined(std::string_view base, std::string_view path) {
  while (base.ends_with('/')) base.remove_suffix(1);
  return std::string(base) + std::string(path);
}

std::string query_of(const slo::SloSpec& slo, std::string_view prefix) {
  return "?" + std::string(prefix) + "service=" + url_escaped(slo.service) + "&" +
         std::string(prefix) + "slo=" + url_escaped(slo.name);
}

}  // namespace

std::string_view name(AlertKind kind) {
  switch (kind) {
    case AlertKind::kBurnPage: return "SLOBurnPage";
    case AlertKind::kBurnTicket: return "SLOBurnTicket";
    case AlertKind::kTargetDown: return "SLOTargetDown";
    case AlertKind::kNoData: return "SLONoData";
    case AlertKind::kBudgetPolicy: return "SLOBudgetPolicy";
  }
  return {};
}

slo::Severity severity_of(AlertKind kind, const slo::Judgement& judgement) {
  using slo::Severity;
  const slo::SloSpec& spec = *judgement.spec;
  switch (kind) {
    case AlertKind::kBurnPage: return Severity::kPage;
    case AlertKind::kBurnTicket: return Severity::kTicket;
    case AlertKind::kTargetDown: {
      const bool pages = std::ranges::any_of(spec.alert_rows, [](const slo::AlertRow& row) {
        return row.severity == Severity::kPage;
      });
      return pages ? Severity::kPage : Severity::kTicket;
    }
    case AlertKind::kNoData: return spec.no_data ? spec.no_data->severity : Severity::kTicket;
    case AlertKind::kBudgetPolicy: {
      const auto* line = policy_in_force(spec, judgement.budget.remaining_ratio);
      return line != nullptr ? line->alert.value_or(Severity::kTicket) : Severity::kTicket;
    }
  }
  return Severity::kTicket;
}

Annotations annotations_of(AlertKind kind, const slo::Judgement& judgement,
                           const slo::Labels& labels, const AlertingSpec& spec) {
  Annotations annotations;
  if (const auto& words = judgement.spec->words_of(severity_of(kind, judgement))) {
    annotations = words->annotations;
  }
  annotations.insert(judgement.spec->annotations.begin(), judgement.spec->annotations.end());
  annotations.emplace("summary", summary_of(kind));
  annotations.emplace("description", description_of(kind, judgement, labels));
  annotations.emplace("runbook_url", runbook_page(spec, name(kind)));
  annotations.emplace("dashboard_url", dashboard_page(spec, *judgement.spec));
  return annotations;
}

bool is_test_alert(const Alert& alert) {
  const auto it = alert.labels.find("alertname");
  return it != alert.labels.end() && it->second == kTestAlert;
}

Alert test_alert(const AlertingSpec& spec, std::int64_t unix_ms) {
  Alert alert;
  Labels labels = spec.external_labels;
  labels["alertname"] = kTestAlert;
  labels["severity"] = "critical";
  labels["origin"] = "daemon";
  labels["test"] = "true";
  alert.labels = clean_labels(labels);
  alert.annotations = {{"summary", "This is a test: nothing is wrong."},
                       {"description", "Somebody ran fournines test-page at " + utc_words(unix_ms) +
                                           " to see whether pages arrive. It ends by itself."}};
  alert.starts_at_ms = unix_ms;
  return alert;
}

std::string runbook_page(const AlertingSpec& spec, std::string_view alert) {
  std::string page = "/" + std::string(alert) + ".md";
  std::ranges::transform(page, page.begin(), [](unsigned char c) { return std::tolower(c); });
  return joined(spec.runbook_url, page);
}

std::string dashboard_page(const AlertingSpec& spec, const slo::SloSpec& slo) {
  return joined(spec.grafana_url, "/d/fournines-slo-overview") + query_of(slo, "var-");
}

std::string own_page(const AlertingSpec& spec, const slo::SloSpec& slo) {
  if (spec.external_url.empty()) return {};
  return joined(spec.external_url, "/") + query_of(slo, "");
}

std::string span_words(double seconds) {
  if (std::isnan(seconds)) return "an unknown time";
  if (std::isinf(seconds)) return "for ever";
  if (seconds < 0) return "-" + span_words(-seconds);
  if (seconds < 10) return fixed(seconds, 1) + "s";
  constexpr double kLongest = 1e15;
  const auto whole = static_cast<std::int64_t>(std::min(seconds, kLongest));
  const std::array<std::pair<std::int64_t, char>, 4> units = {
      {{whole / 86'400, 'd'}, {whole / 3600 % 24, 'h'}, {whole / 60 % 60, 'm'}, {whole % 60, 's'}}};
  std::size_t first = 0;
  while (first + 1 < units.size() && units[first].first == 0) ++first;
  std::string text = std::to_string(units[first].first) + units[first].second;
  if (first + 1 < units.size() && units[first + 1].first != 0) {
    text += " " + std::to_string(units[first + 1].first) + units[first + 1].second;
  }
  return text;
}

std::string utc_words(std::int64_t unix_ms) {
  const CivilTime t = civil_time(unix_ms);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u %02u:%02u:%02u UTC", t.year, t.month,
                t.day, t.hour, t.minute, t.second);
  return text.data();
}

std::string rfc3339(std::int64_t unix_ms) {
  const CivilTime t = civil_time(unix_ms);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02u:%02u:%02u.%03uZ", t.year, t.month,
                t.day, t.hour, t.minute, t.second, t.millisecond);
  return text.data();
}

std::string url_escaped(std::string_view value) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-._~";
  std::string out;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || kPlain.contains(c)) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    }
  }
  return out;
}

}  // namespace alerts
