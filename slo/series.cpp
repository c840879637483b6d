#include "slo/series.h"

#include <algorithm>
#include <array>
#include <string>

namespace slo {
namespace {

using exporter::Family;
using exporter::MetricType;
using exporter::Number;
using exporter::SampleWriter;

constexpr std::array kStates{State::kUp, State::kDown, State::kUnknown, State::kExcluded};
constexpr std::array kGaps{Cause::kStalled,        Cause::kSuspended, Cause::kMonitorStopped,
                           Cause::kMonitorCrashed, Cause::kReboot,    Cause::kPowerLoss};
constexpr std::array kVerdicts{Verdict::kMet, Verdict::kViolated, Verdict::kUndetermined};

constexpr auto kCounter = MetricType::kCounter;
constexpr auto kGauge = MetricType::kGauge;

constexpr Family kEvents{"slo_events_total",
                         "Events by outcome; a probe result is one, of objectives over counters "
                         "each event that they counted.",
                         kCounter,
                         {"service", "slo", "outcome"}};
constexpr Family kStateSeconds{"slo_state_seconds_total",
                               "Settled time in each state, as far as it is on disk; jumps by the "
                               "length of a gap when the monitor comes back.",
                               kCounter,
                               {"service", "slo", "state"}};
constexpr Family kState{
    "slo_state", "1 for the state the objective is in.", kGauge, {"service", "slo", "state"}};
constexpr Family kIncidents{
    "slo_incidents_total", "Incidents declared.", kCounter, {"service", "slo"}};
constexpr Family kIncidentDuration{"slo_incident_duration_seconds",
                                   "Incidents that ended, by full length, excluded time left out.",
                                   MetricType::kHistogram,
                                   {"service", "slo", "le"}};
constexpr Family kIncidentOpen{
    "slo_incident_open", "1 while an incident is open.", kGauge, {"service", "slo"}};
constexpr Family kIncidentStart{
    "slo_incident_start_timestamp_seconds",
    "First bad sample of the open incident in Unix time, NaN when none is open.",
    kGauge,
    {"service", "slo"}};
constexpr Family kDetection{
    "slo_detection_delay_seconds",
    "From the middle of (last good, first bad sample] to the declaration of "
    "an incident.",
    MetricType::kSummary,
    {"service", "slo"}};
constexpr Family kObjective{"slo_objective_ratio",
                            "Share of time, or of events, that is to be good.",
                            kGauge,
                            {"service", "slo"}};
constexpr Family kWindow{"slo_window_seconds",
                         "Length of the objective's window, which its label names.",
                         kGauge,
                         {"service", "slo", "window"}};
constexpr Family kSli{"slo_sli_ratio",
                      "Up time by known time in the window, or good events by all events, NaN when "
                      "nothing is known.",
                      kGauge,
                      {"service", "slo", "window"}};
constexpr Family kUptime{
    "slo_uptime_ratio",
    "Uptime in the window: of what is known, and the bounds if all unknown time "
    "was down (low) or up (high).",
    kGauge,
    {"service", "slo", "window", "bound"}};
constexpr Family kCoverage{"slo_coverage_ratio",
                           "Share of the measured window that is known.",
                           kGauge,
                           {"service", "slo", "window"}};
constexpr Family kBurn{"slo_burn_rate",
                       "Error ratio of the window by the ratio the objective allows; 1 spends the "
                       "budget exactly.",
                       kGauge,
                       {"service", "slo", "window"}};
constexpr Family kBudgetRatio{"slo_error_budget_remaining_ratio",
                              "Share of the error budget that is left; negative when overspent.",
                              kGauge,
                              {"service", "slo"}};
constexpr Family kBudgetSeconds{"slo_error_budget_remaining_seconds",
                                "Downtime that is left in the window; negative when overspent.",
                                kGauge,
                                {"service", "slo"}};
constexpr Family kBudgetEvents{
    "slo_error_budget_remaining_events",
    "Bad events that are left in the window, of objectives by occurrences; negative when "
    "overspent, NaN when nothing was seen.",
    kGauge,
    {"service", "slo"}};
constexpr Family kExhaustion{
    "slo_error_budget_exhaustion_seconds",
    "Time until the budget is spent at the burn rate of the last hour; +Inf "
    "when it does not burn, 0 when spent.",
    kGauge,
    {"service", "slo"}};
constexpr Family kVerdict{"slo_verdict",
                          "1 for the verdict on the window: met, violated, undetermined.",
                          kGauge,
                          {"service", "slo", "verdict"}};
constexpr Family kOnTrack{
    "slo_on_track",
    "1 when the objective would be met if the window went on like the measured "
    "part.",
    kGauge,
    {"service", "slo"}};
constexpr Family kPolicy{
    "slo_error_budget_policy_active",
    "1 for the line of the error budget policy that is in force, 0 for the others.",
    kGauge,
    {"service", "slo", "remaining_below", "message"}};
constexpr Family kMttr{
    "slo_mttr_seconds",
    "Mean length of incidents that ended in the objective's window, NaN without.",
    kGauge,
    {"service", "slo"}};
constexpr Family kMttf{"slo_mttf_seconds",
                       "Up time by incidents that began in the objective's window, NaN without.",
                       kGauge,
                       {"service", "slo"}};
constexpr Family kMtbf{"slo_mtbf_seconds",
                       "MTTF + MTTR, from start to start (reliability convention), NaN without.",
                       kGauge,
                       {"service", "slo"}};
constexpr Family kStale{"slo_stale",
                        "1 while too little of an alert's short window is known to judge it.",
                        kGauge,
                        {"service", "slo"}};
constexpr Family kHeartbeat{"fournines_heartbeat_timestamp_seconds",
                            "Newest heartbeat that was handed to the history, in Unix time."};
constexpr Family kGap{"fournines_gap_seconds_total",
                      "Time the monitor did not observe, by cause.",
                      kCounter,
                      {"cause"}};
constexpr Family kClockStep{
    "fournines_clock_step_seconds_total",
    "Sum of the steps, forward and backward, by which the wall clock was set.", kCounter};

Number milliseconds(std::int64_t ms) {
  return Number::fixed(static_cast<std::uint64_t>(ms < 0 ? 0 : ms), 3);
}

Number flag(bool value) { return {value ? 1U : 0U}; }

class Writer {
 public:
  Writer(const Snapshot& snapshot, const Counters* saved, SampleWriter& out)
      : snapshot_(snapshot), saved_(saved), out_(out) {}

  // As saved, but for an objective that is newer than that.
  const SloCounters& counters(const Judgement& slo) const {
    if (saved_ == nullptr) return slo.counters;
    const auto& saved = saved_->slos;
    const auto found = std::ranges::lower_bound(saved, slo.id, {}, &SloCounters::id);
    return found != saved.end() && found->id == slo.id ? *found : slo.counters;
  }

  // One sample for each objective.
  template <class Value>
  void each(const Family& family, Value value) {
    out_.family(family);
    for (const Judgement& slo : snapshot_.slos) {
      out_.add(value(slo), slo.spec->service, slo.spec->name);
    }
  }

  void own_windows() {
    out_.family(kWindow);
    for (const Judgement& slo : snapshot_.slos) {
      const WindowView& own = slo.window();
      out_.add(milliseconds(own.window_ms), slo.spec->service, slo.spec->name, own.label);
    }
  }

  // One sample for each objective and each of its windows.
  template <class Value>
  void each_window(const Family& family, Value value) {
    out_.family(family);
    for (const Judgement& slo : snapshot_.slos) {
      for (const WindowView& window : slo.windows) {
        if (!slo.spec->is_window_shown(window.window_ms)) continue;
        out_.add(value(window), slo.spec->service, slo.spec->name, window.label);
      }
    }
  }

  // One 0/1 sample for each objective and each of the values of an enumeration.
  template <class All, class Value>
  void each_of(const Family& family, const All& all, Value value) {
    out_.family(family);
    for (const Judgement& slo : snapshot_.slos) {
      for (const auto one : all) {
        out_.add(value(slo, one), slo.spec->service, slo.spec->name, slo::name(one));
      }
    }
  }

  // Of objectives by events nothing is to be made from their time: rules go by this.
  template <class Value>
  void state_seconds(Value value) {
    out_.family(kStateSeconds);
    for (const Judgement& slo : snapshot_.slos) {
      if (slo.window().events) continue;
      for (const State state : kStates) {
        out_.add(value(slo, state), slo.spec->service, slo.spec->name, slo::name(state));
      }
    }
  }

  void budget_events() {
    const auto by_events = [](const Judgement& slo) { return slo.window().events.has_value(); };
    if (std::ranges::none_of(snapshot_.slos, by_events)) return;
    out_.family(kBudgetEvents);
    for (const Judgement& slo : snapshot_.slos) {
      if (!by_events(slo)) continue;
      out_.add(slo.budget.remaining_events, slo.spec->service, slo.spec->name);
    }
  }

  void events() {
    out_.family(kEvents);
    for (const Judgement& slo : snapshot_.slos) {
      out_.add(counters(slo).events_good, slo.spec->service, slo.spec->name, "good");
      out_.add(counters(slo).events_bad, slo.spec->service, slo.spec->name, "bad");
    }
  }

  void uptimes() {
    out_.family(kUptime);
    for (const Judgement& slo : snapshot_.slos) {
      for (const WindowView& window : slo.windows) {
        if (!slo.spec->is_window_shown(window.window_ms)) continue;
        const auto add = [&](double value, std::string_view bound) {
          out_.add(value, slo.spec->service, slo.spec->name, window.label, bound);
        };
        add(window.uptime.known, "known");
        add(window.uptime.low, "low");
        add(window.uptime.high, "high");
      }
    }
  }

  void policies() {
    out_.family(kPolicy);
    for (const Judgement& slo : snapshot_.slos) {
      const PolicyLine* in_force = policy_in_force(*slo.spec, slo.budget.remaining_ratio);
      for (const PolicyLine& line : slo.spec->policy) {
        out_.add(flag(&line == in_force), slo.spec->service, slo.spec->name, line.remaining_below,
                 line.message);
      }
    }
  }

  void durations() {
    out_.family(kIncidentDuration);
    for (const Judgement& slo : snapshot_.slos) {
      const SloCounters& saved = counters(slo);
      std::int64_t cumulative = 0;
      for (std::size_t i = 0; i < saved.durations.size(); ++i) {
        cumulative += saved.durations[i];
        const bool last = i == kDurationBoundsSeconds.size();
        out_.add_suffixed("_bucket", cumulative, slo.spec->service, slo.spec->name,
                          last ? "+Inf" : std::to_string(kDurationBoundsSeconds[i]));
      }
      out_.add_suffixed("_sum", milliseconds(saved.durations_ms), slo.spec->service,
                        slo.spec->name);
      out_.add_suffixed("_count", cumulative, slo.spec->service, slo.spec->name);
    }
  }

  void detections() {
    out_.family(kDetection);
    for (const Judgement& slo : snapshot_.slos) {
      out_.add_suffixed("_sum", milliseconds(counters(slo).detection_delay_ms), slo.spec->service,
                        slo.spec->name);
      out_.add_suffixed("_count", counters(slo).detections, slo.spec->service, slo.spec->name);
    }
  }

  void monitor() {
    if (snapshot_.heartbeat_ms) {
      out_.family(kHeartbeat);
      out_.add(milliseconds(snapshot_.labels.utc_ms(*snapshot_.heartbeat_ms)));
    }
    const auto& gap_ms = saved_ != nullptr ? saved_->gap_ms : snapshot_.gap_ms;
    out_.family(kGap);
    for (const Cause cause : kGaps) {
      const auto index = static_cast<std::size_t>(cause);
      out_.add(milliseconds(index < gap_ms.size() ? gap_ms[index] : 0), slo::name(cause));
    }
    out_.family(kClockStep);
    out_.add(milliseconds(saved_ != nullptr ? saved_->clock_step_ms : snapshot_.clock_step_ms));
  }

 private:
  const Snapshot& snapshot_;
  const Counters* saved_;
  SampleWriter& out_;
};

Number incident_start(const Snapshot& snapshot, const Judgement& slo) {
  if (!slo.open_incident) return Number::nan();
  return milliseconds(snapshot.labels.utc_ms(slo.open_incident->start_ms));
}

}  // namespace

exporter::Result<void> SloSeries::collect(const exporter::Scrape&, SampleWriter& out) {
  const std::shared_ptr<const Snapshot> snapshot = published_();
  if (!snapshot) return exporter::fail(exporter::ErrorKind::kNotFound, "slo: nothing judged yet");
  const std::shared_ptr<const Counters> saved = saved_();
  Writer write(*snapshot, saved.get(), out);
  write.each(kObjective, [](const Judgement& slo) { return slo.spec->objective.ratio(); });
  write.own_windows();
  write.events();
  write.state_seconds([&](const Judgement& slo, State state) {
    return milliseconds(write.counters(slo).state_ms[static_cast<std::size_t>(state)]);
  });
  write.each_of(kState, kStates,
                [](const Judgement& slo, State state) { return flag(slo.state == state); });
  write.each_window(kSli, [](const WindowView& window) { return window.uptime.known; });
  write.uptimes();
  write.each_window(kCoverage, [](const WindowView& window) { return window.uptime.coverage; });
  write.each_window(kBurn, [](const WindowView& window) { return window.burn; });
  write.each(kBudgetRatio, [](const Judgement& slo) { return slo.budget.remaining_ratio; });
  write.each(kBudgetSeconds, [](const Judgement& slo) { return slo.budget.remaining_seconds; });
  write.budget_events();
  write.each(kExhaustion, [](const Judgement& slo) { return slo.exhaustion_seconds; });
  write.each_of(kVerdict, kVerdicts,
                [](const Judgement& slo, Verdict verdict) { return flag(slo.verdict == verdict); });
  write.each(kOnTrack, [](const Judgement& slo) { return flag(slo.on_track); });
  write.policies();
  write.each(kIncidents,
             [&](const Judgement& slo) { return Number(write.counters(slo).incidents); });
  write.each(kIncidentOpen,
             [](const Judgement& slo) { return flag(slo.open_incident.has_value()); });
  write.each(kIncidentStart, [&](const Judgement& slo) { return incident_start(*snapshot, slo); });
  write.durations();
  write.detections();
  write.each(kMttr, [](const Judgement& slo) { return slo.incidents.mttr_seconds; });
  write.each(kMttf, [](const Judgement& slo) { return slo.incidents.mttf_seconds; });
  write.each(kMtbf, [](const Judgement& slo) { return slo.incidents.mtbf_seconds; });
  write.each(kStale, [](const Judgement& slo) { return flag(slo.stale); });
  write.monitor();
  return {};
}

}  // namespace slo
