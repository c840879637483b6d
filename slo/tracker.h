// One objective: its log, held samples, incidents, windows and counters. Made and driven by the
// Engine; all times are on the axis T. Appends what must be remembered to the Facts it is given.
// About 1.5 kB plus 32 bytes a state change and 88 an incident. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "slo/burn.h"
#include "slo/event_budget.h"
#include "slo/event_log.h"
#include "slo/facts.h"
#include "slo/hold.h"
#include "slo/incidents.h"
#include "slo/judgement.h"
#include "slo/overlay.h"
#include "slo/restart.h"
#include "slo/spec.h"
#include "slo/state_log.h"

namespace slo {

// A host that slept for less than this was late, no more.
inline constexpr std::int64_t kSuspendMs = 1000;

class SloTracker {
 public:
  // What is laid over the log from the start, see the setters.
  struct Overlays {
    std::vector<Exclusion> planned;
    std::shared_ptr<const Remarks> remarks;
    Labels labels;
  };

  // Measured from since_ms on; the first step writes the first fact.
  SloTracker(SloId id, std::shared_ptr<const SloSpec> spec, std::int64_t since_ms, Facts& out);
  // As it was when `history` ended, then the gap up to restart.now_ms, seen through the
  // overlays. Rows that contradict each other or lie in the future are left out; time without
  // any row is unknown.
  SloTracker(const SloRow& row, std::shared_ptr<const SloSpec> spec, const Facts& history,
             const Restart& restart, Overlays overlays, Facts& out);

  // Another objective, window or alerts for the same meaning of good: history stays.
  void reconfigure(std::shared_ptr<const SloSpec> spec);
  // On the axis T; those that the objective's own maintenance and exclusions come to besides.
  void set_exclusions(std::vector<Exclusion> planned);
  void set_remarks(std::shared_ptr<const Remarks> remarks);
  // How instants of the wall clock lie on the axis T.
  void set_labels(Labels labels);
  // Judged again from now_ms on; since it was last settled nobody looked.
  void resume(std::int64_t now_ms, Facts& out);

  void on_sent(std::int64_t sent_ms);
  // False: refused (see Hold::result), or the source has no samples.
  bool on_sample(const Sample& sample);
  // kRecord: what the source keeps about [begin, end), in order of time; what lies before told_ms()
  // was told already. Time that is passed over is unknown. By events, the count says what the state
  // was. False: nothing of it was new.
  struct Told {
    std::int64_t begin_ms = 0;
    std::int64_t end_ms = 0;
    State state = State::kUnknown;
    Cause cause = Cause::kNone;
    std::optional<EventCount> count;
  };
  bool tell(const Told& told, std::int64_t now_ms, Facts& out);
  // kRecord: the source cannot be asked; from told_ms() on the state is unknown until it tells.
  void cannot_ask(Cause cause) { blind_ = cause; }
  // What was told up to here is not to be told again; the end of it may wait for dependencies.
  std::int64_t told_ms() const {
    return laid_ && !laid_->told.empty() ? laid_->told.back().end_ms : booked_ms_;
  }
  // Events of an objective that is judged by them (slo/event_source.h).
  bool on_events(std::int64_t begin_ms, std::int64_t end_ms, EventCount count);
  // The monitor did not look between from and to; the host slept for suspended_ms of it.
  void on_late(std::int64_t from_ms, std::int64_t to_ms, std::int64_t suspended_ms, Facts& out);
  // Settles what can be settled and reads every window and alert row. The objectives that this one
  // depends on were stepped before.
  using Others = std::span<const SloTracker* const>;
  void step(std::int64_t now_ms, Facts& out, Others dependencies = {});
  // Probes in flight are given up: everything up to now is settled.
  void stop(std::int64_t now_ms, Facts& out, Others dependencies = {});

  Judgement judge() const;
  // [begin, end) on the axis T; what lies after the settled time is still to come.
  Report report(std::int64_t begin_ms, std::int64_t end_ms, std::string label) const;
  Report report() const;  // of the objective's own window
  SloCounters counters(std::int64_t now_ms) const;
  SloId id() const { return id_; }
  const SloSpec& spec() const { return *spec_; }
  const std::shared_ptr<const SloSpec>& shared_spec() const { return spec_; }
  bool has_incident(std::int64_t incident) const;
  std::int64_t settled_ms() const { return settled_ms_; }

 private:
  struct Window {
    std::int64_t length_ms = 0;  // of the calendar's period: nominal
    StateLog::Cursor cursor = 0;
    Totals totals;
  };
  struct Row {
    std::uint32_t long_window = 0;  // index into windows_
    std::uint32_t short_window = 0;
    RowState state;
  };

  bool has_samples() const;
  void plan_windows();
  std::size_t window_index(std::int64_t length_ms) const;
  void follow_calendar();
  void plan_overlays();
  bool is_period(std::size_t window) const {
    return window == objective_window_ && spec_->calendar.has_value();
  }
  const Overlay& planned() const;  // maintenance: counters and incidents go by it
  const Overlay& shown() const;    // with what was excluded after the fact
  std::string label_of(std::size_t window) const;
  std::int64_t begin_of(std::size_t window) const;
  Totals totals_between(const Overlay& overlay, std::int64_t from_ms, std::int64_t to_ms) const;
  EventTotals events_between(const Overlay& overlay, std::int64_t from_ms,
                             std::int64_t to_ms) const;
  bool by_events() const { return spec_->budgeting == BudgetingMethod::kOccurrences; }
  std::optional<EventCount> amount_of(const EventCount& count, std::int64_t length_ms) const;
  WindowView view_of(std::string label, std::int64_t begin_ms, std::int64_t end_ms,
                     std::int64_t window_ms, const Totals& totals,
                     const std::optional<EventTotals>& events) const;
  Budget budget_of(const WindowView& view) const;
  Verdict verdict_of(const WindowView& view) const;
  bool on_track_of(const WindowView& view) const;
  std::optional<RawView> raw_of(const WindowView& view) const;
  std::span<const IncidentRecord> counted() const;
  void apply(const Decided& decided, std::int64_t now_ms, Facts& out);
  void cross_edges(std::int64_t until_ms, std::int64_t now_ms, Facts& out);
  void see_host(std::int64_t t_ms, std::int64_t now_ms, Facts& out);
  void note(IncidentRecord* changed, Facts& out);
  void refresh_recent();
  void settle(std::int64_t now_ms, Facts& out, Others dependencies);
  void settle_record(std::int64_t now_ms, Facts& out, Others dependencies);
  void take(Told told, std::int64_t now_ms, Facts& out, Others dependencies);
  static bool was_down(Others others, std::int64_t begin_ms, std::int64_t end_ms);
  void settle_behind(Others dependencies, std::int64_t now_ms, Facts& out);
  bool take_events(Sample& sample, std::int64_t end_ms, EventCount count);
  void take_attempt(const Decided& decided);
  void settle_events(Facts& out, Others dependencies);
  void read_events();
  void restore_events(const Facts& history, std::int64_t now_ms);
  std::int64_t late_bad_ns(const EventLog::Piece& piece);
  Totals unbooked(std::int64_t until_ms);
  void book(std::int64_t until_ms);
  void count_ended();
  void read_windows();
  void update_rows();
  bool enough_failures(std::int64_t window_ms) const;
  std::int64_t bad_events(std::int64_t window_ms) const;
  void restore_incidents(const Facts& history);
  void go_on(const Restart& restart, bool configured, Facts& out);
  static IncidentRules rules_of(const SloSpec& spec);

  SloId id_;
  std::int64_t since_ms_;
  std::int64_t settled_ms_;
  // The log up to here is in counters_. Of a kRecord that is what was told; what the log says about
  // later time holds until the source is asked again.
  std::int64_t booked_ms_;
  std::int64_t edges_ms_;  // edges of the overlay before this time were shown to the incidents
  std::shared_ptr<const SloSpec> spec_;
  StateLog log_;
  Labels labels_;
  // Most objectives have none of this.
  struct Laid {
    std::vector<Exclusion> given;
    std::shared_ptr<const Remarks> remarks;
    Overlay planned;
    std::optional<Overlay> shown;  // nothing: as planned
    std::int64_t planned_until_ms = 0;
    std::vector<Decided> waiting;         // for dependencies to be settled
    std::vector<Told> told;               // the same of a kRecord
    Decided own;                          // the newest that did not wait
    Period period;                        // of the calendar, Unix milliseconds
    std::int64_t period_begin_ms = 0;     // the same on the axis T
    std::vector<IncidentRecord> counted;  // as of counted_at_ms, see counted()
    std::int64_t counted_at_ms = -1;
  };
  Laid& laid() {
    if (!laid_) laid_ = std::make_unique<Laid>();
    return *laid_;
  }
  std::unique_ptr<Laid> laid_;
  // Of objectives that are judged by events or by the ratios of slices.
  struct Events {
    EventLog log;
    struct Waiting {
      EventLog::Piece piece;
      EventCount count;  // of events, where the piece has other amounts
    };
    std::vector<Waiting> waiting;           // to be settled
    std::vector<EventLog::Cursor> cursors;  // of windows_
    std::vector<EventTotals> windows;
    std::vector<double> consumed;  // of rows_
    std::int64_t booked_ns = 0;    // down time that is no whole millisecond yet
  };
  std::unique_ptr<Events> events_;
  Hold hold_;
  Cause blind_ = Cause::kNone;  // why the source of a kRecord is not asked now
  bool changed_ = true;  // something that windows and rows are made from, since they were read
  Incidents incidents_;
  SloCounters counters_;
  std::int64_t ended_ = 0;  // incidents in counters_.durations: those with ids up to here
  std::vector<Window> windows_;
  std::size_t objective_window_ = 0;  // index into windows_
  std::vector<Row> rows_;
  std::shared_ptr<const std::vector<IncidentRecord>> recent_;
};

}  // namespace slo
