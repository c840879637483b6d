// Turns judgements into alerts: a pure state machine, evaluated every second as long as there is
// anything to follow. An alert that cannot
// be judged (its objective is stale or unmeasured) neither fires nor resolves. In planned
// maintenance nothing fires, and what fired is over. Alert thread.
//
//   SLOBurnPage    critical  a page row of the objective fires
//   SLOBurnTicket  warning   a ticket row of the objective fires
//   SLOTargetDown  critical  an incident has been open for a minute; the backstop. It is a warning
//                            for objectives without page rows, and absent without any rows. Pending
//                            before that minute, which begins anew when an incident that ended
//                            opens again, as it does for the rule of Prometheus.
//   SLONoData      as configured: unknown for longer than the objective's no_data says; pending
//                            before that
//   SLOBudgetPolicy  as configured: the line of the error budget policy that is in force alerts
//
// Prometheus sees an end later than we do. Were our alert gone before its own, Alertmanager would
// page once more, for the one that ours held back: so each stays until that one must be gone.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "alerts/alert.h"
#include "alerts/spec.h"
#include "alerts/words.h"
#include "exporter/core/clock.h"
#include "slo/judgement.h"

namespace alerts {

class Evaluator {
 public:
  // spec must outlive this.
  explicit Evaluator(const AlertingSpec& spec) : spec_(spec) {}

  // Alerts that fired before a restart go on with their starts_at. Before the first evaluation.
  void restore(const std::vector<Alert>& firing);

  // Every firing alert, and once each those that resolve now, among them those of objectives that
  // are not in the snapshot any more.
  std::vector<Alert> evaluate(const slo::Snapshot& snapshot, const exporter::Moment& now);

  std::size_t pending() const;  // as of the last evaluation

  // Whether evaluating this judgement would give something to follow, now or later. Any thread.
  static bool has_cause(const slo::Snapshot& snapshot);
  // Nothing is followed: judgements without a cause change nothing.
  bool rests() const { return states_.empty(); }

 private:
  enum class Condition : std::uint8_t { kNo, kPending, kYes, kUnmeasured };
  struct Key {
    std::string service;
    std::string slo;
    AlertKind kind;
    auto operator<=>(const Key&) const = default;
  };
  struct State {
    Alert alert;
    bool firing = false;
    bool seen = false;
    std::optional<std::int64_t> open_since_ms;   // boot time; kTargetDown: of the incident
    std::optional<std::int64_t> clear_since_ms;  // boot time; the condition is gone since then
    std::int64_t worded_ms = 0;                  // boot time; age of the annotations
  };

  static bool starts(Condition condition) {
    return condition == Condition::kYes || condition == Condition::kPending;
  }
  static Condition condition(AlertKind kind, const slo::Judgement& judgement, std::int64_t now_ms);
  // Whether the incident is open, and was for a minute.
  Condition down_condition(State& state, const slo::Judgement& judgement,
                           const slo::Snapshot& snapshot, const exporter::Moment& now) const;
  void advance(AlertKind kind, const slo::Judgement& judgement, const slo::Snapshot& snapshot,
               const exporter::Moment& now, std::vector<Alert>& out);
  // The condition is gone, and long enough.
  static bool is_over(AlertKind kind, const slo::SloSpec& slo, State& state,
                      const exporter::Moment& now);
  Labels labels_of(AlertKind kind, const slo::Judgement& judgement) const;

  const AlertingSpec& spec_;
  std::map<Key, State> states_;  // pending and firing ones only
  bool evaluated_ = false;
};

}  // namespace alerts
