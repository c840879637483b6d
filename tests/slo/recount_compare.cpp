#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "tests/slo/recount.h"

namespace slo::testing {
namespace {

// Collects what differs. Doubles may differ in the last bits, where a formula is written another
// way; NaN equals NaN and infinity itself only.
class Differences {
 public:
  explicit Differences(std::string& out) : out_(out) {}

  // `scale`: the size of what the number was made from, when it is a difference.
  void number(const std::string& what, double got, double want, double scale = 0) {
    const double tolerance = 1e-12 * std::max(std::abs(want), scale);
    const bool same =
        std::isnan(got) ? std::isnan(want) : got == want || std::abs(got - want) <= tolerance;
    if (!same) report(what, got, want);
  }
  template <class T>
  void value(const std::string& what, const T& got, const T& want) {
    if (got != want) report(what, got, want);
  }
  void totals(const std::string& what, const Totals& got, const Totals& want) {
    value(what + " up", got.up_ms, want.up_ms);
    value(what + " down", got.down_ms, want.down_ms);
    value(what + " unknown", got.unknown_ms, want.unknown_ms);
    value(what + " excluded", got.excluded_ms, want.excluded_ms);
  }

 private:
  template <class T>
  void report(const std::string& what, const T& got, const T& want) {
    std::ostringstream line;
    line << what << ": got " << got << ", want " << want << '\n';
    out_ += line.str();
  }
  std::string& out_;
};

double divide(std::int64_t a, std::int64_t b) {
  return b == 0 ? std::nan("") : static_cast<double>(a) / static_cast<double>(b);
}

}  // namespace

std::string Recount::compare(const Judgement& j, const Labels& labels) const {
  std::string out;
  Differences differ(out);
  const std::int64_t settled = settled_ms();
  differ.value("settled", j.settled_ms, settled);
  if (!out.empty()) return out;
  differ.value("since", j.since_ms, since_ms_);

  // The state, its newest cause and how long it has held, whatever the causes: the last cell of a
  // probe; a host is up again at once.
  if (!cells_.empty()) {
    Cell last = cells_.back();
    std::size_t first = cells_.size() - 1;
    if (is_host() && last.state != State::kUp) {
      last = {State::kUp, Cause::kNone};
      first = cells_.size();
    }
    while (first > 0 && cells_[first - 1].state == last.state &&
           (last.state != State::kUnknown || cells_[first - 1].cause == last.cause)) {
      last.cause = cells_[first - 1].cause;
      --first;
    }
    while (first > 0 && cells_[first - 1].state == last.state) --first;
    differ.value("state since", j.state_since_ms,
                 since_ms_ + static_cast<std::int64_t>(first) * unit_ms_);
    const bool in_exclusion = excluded(settled);
    differ.value("state", name(j.state), name(in_exclusion ? State::kExcluded : last.state));
    differ.value("cause", name(j.cause), name(in_exclusion ? Cause::kNone : last.cause));
  }

  // The objective's window: rolling, or the period of the calendar that shows now.
  std::int64_t w_ms = spec_->window_ms;
  std::int64_t w_begin_ms = settled - w_ms;
  if (spec_->calendar) {
    const Period period = spec_->calendar->period_at(labels.utc_ms(settled));
    w_ms = period.length_ms();
    w_begin_ms = std::min(settled, labels.t_ms(period.begin_ms));
  }

  const bool by_time = spec_->budgeting == BudgetingMethod::kTime;
  const bool by_ratios = spec_->budgeting == BudgetingMethod::kRatioTimeslices;
  const double b = spec_->objective.budget_ratio();
  double hour_burn = 0;
  for (std::size_t i = 0; i < j.windows.size(); ++i) {
    const WindowView& window = j.windows[i];
    const bool whole = i == j.objective_window;
    const std::string what = "window " + window.label;
    const std::int64_t begin_ms = whole ? w_begin_ms : settled - window.window_ms;
    const Totals want = count(begin_ms, settled);
    if (!by_ratios) differ.totals(what, window.totals, want);  // else EventRecount does
    differ.value(what + " begin", window.begin_ms, begin_ms);
    differ.value(what + " before", window.before_ms,
                 std::max<std::int64_t>(0, since_ms_ - begin_ms));
    // Boots whose clocks disagree can make a period longer than it is.
    const std::int64_t ahead_ms = window.window_ms - (settled - begin_ms);
    differ.value(what + " ahead", window.ahead_ms, std::max<std::int64_t>(0, ahead_ms));
    differ.value(what + " sum", window.totals.sum_ms() + window.before_ms + ahead_ms,
                 window.window_ms);
    if (!by_time) continue;
    const std::int64_t u = want.up_ms;
    const std::int64_t d = want.down_ms;
    const std::int64_t x = want.unknown_ms;
    differ.number(what + " known", window.uptime.known, divide(u, u + d));
    differ.number(what + " low", window.uptime.low, divide(u, u + d + x));
    differ.number(what + " high", window.uptime.high, divide(u + x, u + d + x));
    differ.number(what + " coverage", window.uptime.coverage, divide(u + d, u + d + x));
    differ.number(what + " burn", window.burn, divide(d, u + d) / b);
    if (window.window_ms == kHourMs) hour_burn = divide(d, u + d) / b;
  }

  differ.value("objective window", j.window().window_ms, w_ms);
  differ.value("objective label", j.window().label, spec_->window_label);
  if (by_time) compare_budget(j, w_begin_ms, w_ms, hour_burn, out);

  const Totals ever = count(since_ms_, settled);
  const Totals counted{j.counters.state_ms[0], j.counters.state_ms[1], j.counters.state_ms[2],
                       j.counters.state_ms[3]};
  if (!by_ratios) differ.totals("counter", counted, ever);
  differ.value("counter sum", counted.sum_ms(), settled - since_ms_);
  if (spec_->source != SourceKind::kEvents) {  // there a sample is no event
    differ.value("good events", j.counters.events_good, good_events_);
    differ.value("bad events", j.counters.events_bad, bad_events_);
  }
  compare_incidents(j, w_begin_ms, out);
  return out;
}

void Recount::compare_budget(const Judgement& j, std::int64_t w_begin_ms, std::int64_t w_ms,
                             double hour_burn, std::string& out) const {
  Differences differ(out);
  const std::int64_t settled = settled_ms();
  const double b = spec_->objective.budget_ratio();
  const Totals in_window = count(w_begin_ms, settled);
  const std::int64_t measured = settled - std::max(since_ms_, w_begin_ms);
  const double w_seconds = static_cast<double>(w_ms) / 1e3;
  const double total = b * w_seconds;
  const double consumed = static_cast<double>(in_window.down_ms) / 1e3;
  differ.number("budget total", j.budget.total_seconds, total);
  differ.number("budget consumed", j.budget.consumed_seconds, consumed);
  differ.number("budget remaining", j.budget.remaining_seconds, total - consumed, total);
  differ.number("budget ratio", j.budget.remaining_ratio, 1 - consumed / total, 1);
  const auto bad_ppb = spec_->objective.budget_ppb();
  const auto over = [&](std::int64_t ms, std::int64_t of_ms) {
    return static_cast<long double>(ms) * 1e9L > static_cast<long double>(of_ms) * bad_ppb;
  };
  const std::int64_t blind =
      in_window.unknown_ms + std::max<std::int64_t>(0, since_ms_ - w_begin_ms);
  const Verdict verdict = over(in_window.down_ms, w_ms)           ? Verdict::kViolated
                          : over(in_window.down_ms + blind, w_ms) ? Verdict::kUndetermined
                                                                  : Verdict::kMet;
  differ.value("verdict", name(j.verdict), name(verdict));
  differ.value("on track", j.on_track, !over(in_window.down_ms + in_window.unknown_ms, measured));
  if (!(static_cast<long double>(in_window.down_ms) * 1e9L <
        static_cast<long double>(w_ms) * bad_ppb)) {
    differ.number("exhaustion", j.exhaustion_seconds, 0);
  } else if (hour_burn == 0) {
    differ.value("exhaustion", std::isinf(j.exhaustion_seconds), true);
  } else {
    differ.number("exhaustion", j.exhaustion_seconds,
                  (1 - consumed / total) * w_seconds / hour_burn, w_seconds / hour_burn);
  }

  bool stale = false;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const std::string what = "row " + std::to_string(i);
    const RowReading& got = j.alerts.at(i).reading;
    differ.number(what + " long burn", got.long_burn, rows_[i].long_burn);
    differ.number(what + " short burn", got.short_burn, rows_[i].short_burn);
    differ.number(what + " consumed", got.budget_consumed, rows_[i].budget_consumed);
    differ.value(what + " firing", got.firing, rows_[i].firing);
    differ.value(what + " stale", got.stale, rows_[i].stale);
    differ.value(what + " bad events", j.alerts[i].bad_events,
                 bad_events(spec_->alert_rows[i].short_ms));
    stale = stale || rows_[i].stale;
  }
  differ.value("stale", j.stale, stale);
}

void Recount::compare_incidents(const Judgement& j, std::int64_t a_ms, std::string& out) const {
  Differences differ(out);
  const std::int64_t b_ms = settled_ms();
  const std::vector<Incident> incidents = this->incidents();

  std::vector<double> durations;
  double sum = 0;
  double delays = 0;
  std::vector<double> each_delay;
  std::vector<double> apart;
  std::vector<double> between;
  const Incident* last = nullptr;
  std::int64_t begun = 0;
  std::int64_t overlapping = 0;
  std::int64_t delay_counter = 0;
  for (const Incident& i : incidents) {
    const std::int64_t delay2 = 2 * i.detected_ms - i.start_ms - i.earliest_ms;
    delay_counter += delay2 / 2;
    if (i.end_ms && *i.end_ms <= a_ms) continue;
    ++overlapping;
    if (i.start_ms >= a_ms) {
      ++begun;
      delays += static_cast<double>(delay2) / 2e3;
      each_delay.push_back(static_cast<double>(delay2) / 2e3);
      if (last != nullptr) {
        apart.push_back(static_cast<double>(i.start_ms - last->start_ms) / 1e3);
        between.push_back(static_cast<double>(i.start_ms - last->end_ms.value_or(0)) / 1e3);
      }
      last = &i;
    }
    if (!i.end_ms || *i.end_ms > b_ms) continue;
    const Totals inside = count(i.start_ms, *i.end_ms);
    const auto ms = *i.end_ms - i.start_ms - inside.excluded_ms;
    durations.push_back(static_cast<double>(ms) / 1e3);
    sum += durations.back();
  }
  std::sort(durations.begin(), durations.end());
  const std::size_t n = durations.size();
  const auto over = [](double total, double count) {
    return count == 0 ? std::nan("") : total / count;
  };
  const double mttr = over(sum, static_cast<double>(n));
  // By ratios a slice is up and down at once; how long, EventRecount says.
  const bool by_ratios = spec_->budgeting == BudgetingMethod::kRatioTimeslices;
  const Totals in_window = by_ratios ? j.window().totals : count(a_ms, b_ms);
  const double mttf = divide(in_window.up_ms, begun * 1000);
  differ.value("complete", j.incidents.complete, true);
  differ.value("closed", j.incidents.closed, static_cast<std::int64_t>(n));
  differ.value("begun", j.incidents.begun, begun);
  differ.value("overlapping", j.incidents.overlapping, overlapping);
  differ.number("mttr", j.incidents.mttr_seconds, mttr);
  differ.number("median", j.incidents.median_seconds,
                n == 0 ? std::nan("") : (durations[n / 2] + durations[(n - 1) / 2]) / 2);
  differ.number("max", j.incidents.max_seconds, n == 0 ? std::nan("") : durations.back());
  differ.number("mttf", j.incidents.mttf_seconds, mttf);
  differ.number("mtbf", j.incidents.mtbf_seconds, mttf + mttr);
  differ.number("mttd", j.incidents.mttd_seconds, over(delays, static_cast<double>(begun)));
  const auto spread = [&](const std::string& what, std::vector<double> values, double got_median,
                          double got_max) {
    std::sort(values.begin(), values.end());
    const std::size_t m = values.size();
    differ.number(what + " median", got_median,
                  m == 0 ? std::nan("") : (values[m / 2] + values[(m - 1) / 2]) / 2);
    differ.number(what + " max", got_max, m == 0 ? std::nan("") : values.back());
  };
  spread("mttd", each_delay, j.incidents.mttd_median_seconds, j.incidents.mttd_max_seconds);
  spread("mttf", between, j.incidents.mttf_median_seconds, j.incidents.mttf_max_seconds);
  spread("mtbf", apart, j.incidents.mtbf_median_seconds, j.incidents.mtbf_max_seconds);
  differ.number("mean down", j.incidents.mean_down_seconds,
                divide(in_window.down_ms, overlapping * 1000));

  differ.value("incidents", j.counters.incidents, static_cast<std::int64_t>(incidents.size()));
  differ.value("detections", j.counters.detections, static_cast<std::int64_t>(incidents.size()));
  differ.value("detection delay", j.counters.detection_delay_ms, delay_counter);
  std::array<std::int64_t, kDurationBoundsSeconds.size() + 1> histogram{};
  std::int64_t histogram_ms = 0;
  for (std::size_t i = 0; i < incidents.size(); ++i) {
    if (!incidents[i].end_ms) continue;
    const std::int64_t end = *incidents[i].end_ms;
    // The last one may still open again: by a failure to come, or by a run that is not long enough.
    if (i + 1 == incidents.size()) {
      const std::int64_t until = end + spec_->merge_gap();
      std::int64_t run_start = until + 1;
      for (std::size_t p = probes_.size(); spec_->failures > 1 && p-- > 0;) {
        if (probes_[p].decided_ms < 0 || probes_[p].result->state == State::kUnknown) continue;
        if (probes_[p].result->state == State::kUp) break;
        run_start = probes_[p].sent_ms;
      }
      if (b_ms <= until || run_start <= until) continue;
    }
    const std::int64_t ms =
        end - incidents[i].start_ms - count(incidents[i].start_ms, end).excluded_ms;
    std::size_t bucket = 0;
    for (const std::int64_t bound : kDurationBoundsSeconds) bucket += ms > bound * 1000 ? 1 : 0;
    ++histogram[bucket];
    histogram_ms += ms;
  }
  for (std::size_t i = 0; i < histogram.size(); ++i) {
    differ.value("histogram " + std::to_string(i), j.counters.durations[i], histogram[i]);
  }
  differ.value("histogram sum", j.counters.durations_ms, histogram_ms);

  const std::size_t shown = j.recent_incidents ? j.recent_incidents->size() : 0;
  differ.value("recent incidents", shown, std::min(incidents.size(), kRecentIncidents));
  differ.value("open", j.open_incident.has_value(),
               !incidents.empty() && !incidents.back().end_ms.has_value());
  for (std::size_t i = 0; i < std::min(shown, incidents.size()); ++i) {
    const Incident& want = incidents[incidents.size() - 1 - i];
    const IncidentRecord& got =
        i == 0 && j.open_incident ? *j.open_incident : (*j.recent_incidents)[i];
    const std::string what = "incident -" + std::to_string(i);
    differ.value(what + " id", got.id, static_cast<std::int64_t>(incidents.size() - i));
    differ.value(what + " start", got.start_ms, want.start_ms);
    differ.value(what + " earliest", got.start_earliest_ms, want.earliest_ms);
    differ.value(what + " detected", got.detected_ms, want.detected_ms);
    differ.value(what + " open", got.open, !want.end_ms.has_value());
    if (want.end_ms) {
      differ.value(what + " end", got.end_ms, *want.end_ms);
      const bool bounded = got.start_ms <= got.end_earliest_ms && got.end_earliest_ms <= got.end_ms;
      differ.value(what + " end bounds", bounded, true);
    }
    const Totals inside = count(want.start_ms, want.end_ms.value_or(b_ms));
    differ.value(what + " down", got.down_ms, inside.down_ms);
    differ.value(what + " unknown", got.unknown_ms, inside.unknown_ms);
    differ.value(what + " excluded", got.excluded_ms, inside.excluded_ms);
  }
}

}  // namespace slo::testing
