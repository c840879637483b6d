#include "alerts/evaluator.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "exporter/core/clock.h"

namespace alerts {
namespace {

using exporter::kNsPerMs;
using exporter::Moment;

constexpr std::int64_t kDownForMs = 60'000;
// Words are made anew when they are this old: sooner nobody is sent them.
constexpr std::int64_t kWordsAgeMs = 15'000;

std::optional<AlertKind> kind_of(std::string_view text) {
  for (const AlertKind kind : kAlertKinds) {
    if (name(kind) == text) return kind;
  }
  return std::nullopt;
}

// How much later Prometheus' rules see an end: scraped each minute, 5 s for counters to be on disk,
// 15 s between evaluations. The windows of tickets are evaluated each minute, and SLOTargetDown
// keeps firing for two. Windows so short that they need quicker scrapes (a quarter of the window)
// and evaluations (a twentieth) are seen to end sooner.
std::int64_t keep_ms(AlertKind kind, const slo::SloSpec& slo) {
  constexpr std::int64_t kLagMs = 90'000;
  const auto lag_of = [&](slo::Severity severity, std::int64_t lag_ms) {
    for (const slo::AlertRow& row : slo.alert_rows) {
      if (row.severity == severity) lag_ms = std::min(lag_ms, row.short_ms * 3 / 10);
    }
    return lag_ms;
  };
  switch (kind) {
    case AlertKind::kBurnPage: return lag_of(slo::Severity::kPage, kLagMs);
    case AlertKind::kBurnTicket: return lag_of(slo::Severity::kTicket, kLagMs + 60'000);
    case AlertKind::kTargetDown: return kLagMs + 120'000;
    case AlertKind::kNoData:
    case AlertKind::kBudgetPolicy: break;
  }
  return kLagMs;
}

std::string text_of(const Labels& labels, const char* name) {
  const auto it = labels.find(name);
  return it == labels.end() ? std::string() : it->second;
}

// Alertmanager refuses an alert that ends before it starts; the wall clock may have been set back.
void resolve(Alert& alert, std::int64_t unix_ms) {
  alert.resolved_at_ms = std::max(unix_ms, alert.starts_at_ms + 1);
}

}  // namespace

void Evaluator::restore(const std::vector<Alert>& firing) {
  for (const Alert& alert : firing) {
    const auto kind = kind_of(text_of(alert.labels, "alertname"));
    if (!kind) continue;
    State state;
    state.alert = alert;
    state.firing = true;
    states_.insert_or_assign(
        Key{text_of(alert.labels, "service"), text_of(alert.labels, "slo"), *kind},
        std::move(state));
  }
}

std::vector<Alert> Evaluator::evaluate(const slo::Snapshot& snapshot, const Moment& now) {
  std::vector<Alert> out;
  for (auto& [key, state] : states_) state.seen = false;
  for (const slo::Judgement& judgement : snapshot.slos) {
    for (const AlertKind kind : kAlertKinds) advance(kind, judgement, snapshot, now, out);
  }
  for (auto it = states_.begin(); it != states_.end();) {
    State& state = it->second;
    if (!state.seen && state.firing) {
      resolve(state.alert, now.real_ns / kNsPerMs);
      out.push_back(std::move(state.alert));
    }
    it = state.seen ? std::next(it) : states_.erase(it);
  }
  evaluated_ = true;
  return out;
}

bool Evaluator::has_cause(const slo::Snapshot& snapshot) {
  return std::ranges::any_of(snapshot.slos, [&](const slo::Judgement& judgement) {
    return std::ranges::any_of(kAlertKinds, [&](AlertKind kind) {
      return starts(condition(kind, judgement, snapshot.now_ms));
    });
  });
}

std::size_t Evaluator::pending() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(states_, [](const auto& entry) { return !entry.second.firing; }));
}

Evaluator::Condition Evaluator::condition(AlertKind kind, const slo::Judgement& judgement,
                                          std::int64_t now_ms) {
  const slo::SloSpec& spec = *judgement.spec;
  if (judgement.state == slo::State::kExcluded) return Condition::kNo;
  if (kind == AlertKind::kNoData) {
    if (!spec.no_data || judgement.state != slo::State::kUnknown) return Condition::kNo;
    const bool long_enough = now_ms - judgement.state_since_ms >= spec.no_data->after_ms;
    return long_enough ? Condition::kYes : Condition::kPending;
  }
  if (kind == AlertKind::kBudgetPolicy) {
    const auto* line = policy_in_force(spec, judgement.budget.remaining_ratio);
    return line != nullptr && line->alert ? Condition::kYes : Condition::kNo;
  }
  if (kind == AlertKind::kTargetDown) {
    if (spec.alert_rows.empty()) return Condition::kNo;
    if (judgement.open_incident) return Condition::kPending;
    return judgement.state == slo::State::kUnknown ? Condition::kUnmeasured : Condition::kNo;
  }
  const auto severity =
      kind == AlertKind::kBurnPage ? slo::Severity::kPage : slo::Severity::kTicket;
  bool stale = false;
  for (const slo::AlertView& view : judgement.alerts) {
    if (view.row.severity != severity) continue;
    if (view.reading.stale) {
      stale = true;
    } else if (view.reading.firing) {
      return Condition::kYes;
    }
  }
  return stale ? Condition::kUnmeasured : Condition::kNo;
}

// After a restart the minute goes on: it began when the incident was declared.
Evaluator::Condition Evaluator::down_condition(State& state, const slo::Judgement& judgement,
                                               const slo::Snapshot& snapshot,
                                               const Moment& now) const {
  const std::int64_t boot_ms = now.boot_ns / kNsPerMs;
  if (!state.open_since_ms) {
    const std::int64_t declared_ms = judgement.open_incident->detected_ms;
    state.open_since_ms = boot_ms - (evaluated_ ? 0 : snapshot.now_ms - declared_ms);
  }
  if (judgement.state == slo::State::kUnknown) return Condition::kUnmeasured;
  return boot_ms - *state.open_since_ms >= kDownForMs ? Condition::kYes : Condition::kPending;
}

void Evaluator::advance(AlertKind kind, const slo::Judgement& judgement,
                        const slo::Snapshot& snapshot, const Moment& now, std::vector<Alert>& out) {
  Condition condition = Evaluator::condition(kind, judgement, snapshot.now_ms);
  const bool has_cause = starts(condition);
  if (!has_cause && states_.empty()) return;
  Key key{judgement.spec->service, judgement.spec->name, kind};
  auto it = states_.find(key);
  if (it == states_.end()) {
    if (!has_cause) return;
    it = states_.emplace(std::move(key), State{}).first;
  }
  State& state = it->second;
  if (kind == AlertKind::kTargetDown) {
    if (has_cause) {
      condition = down_condition(state, judgement, snapshot, now);
    } else {
      state.open_since_ms.reset();
    }
  }
  if (condition == Condition::kNo && is_over(kind, *judgement.spec, state, now)) {
    return;  // evaluate() removes it
  }
  if (has_cause) state.clear_since_ms.reset();
  state.seen = true;
  if (!state.firing && condition != Condition::kYes) return;

  // Other labels are another alert to Alertmanager: the old one ends, the new one starts.
  // One that only stays for a while longer ends as it is.
  Labels wanted = labels_of(kind, judgement);
  const bool relabelled =
      state.firing && condition != Condition::kNo && wanted != state.alert.labels;
  if (relabelled) {
    resolve(state.alert, now.real_ns / kNsPerMs);
    out.push_back(std::move(state.alert));
  }
  const std::int64_t boot_ms = now.boot_ns / kNsPerMs;
  const bool fires = !state.firing || relabelled;
  if (fires) {
    state.firing = true;
    state.alert = Alert{};
    state.alert.labels = std::move(wanted);
    state.alert.starts_at_ms = now.real_ns / kNsPerMs;
  }
  if (fires || boot_ms - state.worded_ms >= kWordsAgeMs) {
    state.alert.annotations = annotations_of(kind, judgement, snapshot.labels, spec_);
    state.alert.generator_url = own_page(spec_, *judgement.spec);
    state.worded_ms = boot_ms;
  }
  out.push_back(state.alert);
}

bool Evaluator::is_over(AlertKind kind, const slo::SloSpec& slo, State& state, const Moment& now) {
  if (!state.firing) return true;
  const std::int64_t boot_ms = now.boot_ns / kNsPerMs;
  if (!state.clear_since_ms) state.clear_since_ms = boot_ms;
  return boot_ms - *state.clear_since_ms >= keep_ms(kind, slo);
}

Labels Evaluator::labels_of(AlertKind kind, const slo::Judgement& judgement) const {
  const slo::SloSpec& slo = *judgement.spec;
  const slo::Severity severity = severity_of(kind, judgement);
  Labels labels;
  if (const auto& words = slo.words_of(severity)) labels = words->labels;
  labels.insert(slo.labels.begin(), slo.labels.end());
  labels.insert(spec_.external_labels.begin(), spec_.external_labels.end());
  labels["alertname"] = name(kind);
  labels["service"] = slo.service;
  labels["slo"] = slo.name;
  labels["origin"] = "daemon";
  labels["severity"] = severity == slo::Severity::kPage ? "critical" : "warning";
  return clean_labels(labels);
}

}  // namespace alerts
