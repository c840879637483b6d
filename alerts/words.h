// The plain words of an alert: what burns, since when, how long the budget lasts, where to look.
// Only annotations are made here, so values and times are welcome. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "alerts/alert.h"
#include "alerts/spec.h"
#include "slo/judgement.h"

namespace alerts {

// The shipped rules for Prometheus (alerts/rules) use the same names.
enum class AlertKind : std::uint8_t { kBurnPage, kBurnTicket, kTargetDown, kNoData, kBudgetPolicy };
inline constexpr AlertKind kAlertKinds[] = {AlertKind::kBurnPage, AlertKind::kBurnTicket,
                                            AlertKind::kTargetDown, AlertKind::kNoData,
                                            AlertKind::kBudgetPolicy};

std::string_view name(AlertKind kind);  // "SLOBurnPage", ...

// Whether it pages or tickets, as configured and, for the budget policy, by the line in force.
slo::Severity severity_of(AlertKind kind, const slo::Judgement& judgement);

// summary, description, runbook_url, dashboard_url; annotations of the objective replace ours, and
// those of its alerts of this severity replace both.
Annotations annotations_of(AlertKind kind, const slo::Judgement& judgement,
                           const slo::Labels& labels, const AlertingSpec& spec);

// The alert of a test page: marked as one, for everybody who is paged.
Alert test_alert(const AlertingSpec& spec, std::int64_t unix_ms);
bool is_test_alert(const Alert& alert);

// Where people read on: the runbook of an alert, the dashboard of an objective.
std::string runbook_page(const AlertingSpec& spec, std::string_view alert);
std::string dashboard_page(const AlertingSpec& spec, const slo::SloSpec& slo);

// Our own page about the objective, "" when nobody configured how it is reached.
std::string own_page(const AlertingSpec& spec, const slo::SloSpec& slo);

// The two largest units: "4m 19s", "2d 3h", "0.4s". NaN is "an unknown time".
std::string span_words(double seconds);
// "2026-11-25 19:46:26 UTC"
std::string utc_words(std::int64_t unix_ms);
// RFC 3339 with milliseconds: "2026-11-25T19:46:26.123Z"
std::string rfc3339(std::int64_t unix_ms);
// For a value in the query of a URL.
std::string url_escaped(std::string_view value);

}  // namespace alerts
