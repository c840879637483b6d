// The oracle of the judge: keeps everything that ever happened to one objective as lists, the
// decided states as one cell per unit of time, and answers every number of a Judgement by counting
// cells. No prefix sums over changes, no cursors, no state carried from one answer to the next
// except what a frozen alert row must remember. Slow on purpose.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "slo/judgement.h"
#include "slo/overlay.h"
#include "slo/restart.h"
#include "tests/slo/event_recount.h"

namespace slo::testing {

class Recount {
 public:
  Recount(std::shared_ptr<const SloSpec> spec, std::int64_t unit_ms, std::int64_t since_ms,
          std::vector<Exclusion> exclusions);

  // The same events that the engine sees, in order of time; every time is since + n * unit.
  void sent(std::int64_t t_ms);
  void result(std::int64_t sent_ms, State state, Cause cause, std::int64_t now_ms);
  void late(std::int64_t from_ms, std::int64_t to_ms, std::int64_t suspended_ms);
  void step(std::int64_t now_ms);
  void beat();
  // Probes in flight are given up, then a step and a heartbeat.
  void stop(std::int64_t now_ms);
  void kill();  // back to the last heartbeat and the changes since
  void restart(const Restart& restart);
  // Another objective, window or gate for what was recorded.
  void reload(std::shared_ptr<const SloSpec> spec);

  std::int64_t since_ms() const { return since_ms_; }
  // Every attempt that said good or bad, for as long as it spoke.
  std::vector<EventRecount::Slice> attempts() const;

  // Every number that differs, one per line; empty: none.
  std::string compare(const Judgement& j, const Labels& labels) const;

 private:
  struct Cell {
    State state = State::kUnknown;
    Cause cause = Cause::kNone;
  };
  struct Probe {
    std::int64_t sent_ms = 0;
    std::optional<Cell> result;
    std::int64_t decided_ms = -1;
    bool given_up = false;
  };
  struct Blind {
    std::int64_t from_ms = 0;
    std::int64_t to_ms = 0;
    Cause cause = Cause::kNone;
  };
  struct Step {
    std::int64_t now_ms = 0;
    std::int64_t settled_ms = 0;
  };
  struct Saved {
    std::int64_t settled_ms = 0;
    std::size_t bad = 0;
    std::int64_t good_events = 0;
    std::int64_t bad_events = 0;
    std::int64_t last_good_ms = 0;
    std::vector<bool> firing;
  };
  struct Incident {
    std::int64_t start_ms = 0;
    std::optional<std::int64_t> end_ms;
    std::int64_t detected_ms = 0;
    std::int64_t earliest_ms = 0;
  };

  bool is_host() const { return spec_->source == SourceKind::kHost; }
  std::size_t index(std::int64_t t_ms) const;
  const Blind* first_blind(std::int64_t sent_ms) const;
  Cell raw(std::int64_t t_ms) const;
  void extend(std::int64_t to_ms);
  void paint(std::int64_t to_ms, Cell cell);
  bool excluded(std::int64_t t_ms) const;
  State seen(std::int64_t t_ms, State state) const;  // through the overlay
  Totals count(std::int64_t from_ms, std::int64_t to_ms) const;
  std::int64_t settled_ms() const;
  Totals window(std::int64_t length_ms, std::int64_t& before_ms) const;
  RowReading read_row(std::size_t row, const RowReading& last) const;
  void compare_budget(const Judgement& j, std::int64_t w_begin_ms, std::int64_t w_ms,
                      double hour_burn, std::string& out) const;
  void compare_incidents(const Judgement& j, std::int64_t a_ms, std::string& out) const;
  std::int64_t bad_events(std::int64_t window_ms) const;
  std::int64_t detected_at(std::int64_t start_ms) const;
  std::int64_t last_good_before(std::int64_t t_ms) const;
  std::vector<Incident> incidents_from_cells() const;
  std::vector<Incident> incidents_from_samples() const;
  std::vector<Incident> incidents() const;

  std::shared_ptr<const SloSpec> spec_;
  std::int64_t unit_ms_;
  std::int64_t since_ms_;
  std::vector<Exclusion> exclusions_;
  std::vector<Probe> probes_;
  std::size_t life_ = 0;       // probes_ from here on belong to this run
  std::size_t open_ = 0;       // all before are decided or given up
  Cell born_;                  // state before the first sample of this run
  std::vector<Blind> blinds_;  // for the host: when it slept
  std::vector<Cell> cells_;
  std::vector<Totals> cumulative_;  // before each cell, for what is read at every step
  // Observations without time of their own: a kill or blindness came at the same instant. They
  // end or begin an incident all the same.
  std::vector<std::pair<std::int64_t, State>> instants_;
  std::vector<Step> steps_;
  std::map<std::int64_t, std::int64_t> told_;  // start and earliest start, known before a kill
  std::vector<std::int64_t> bad_ms_;
  std::vector<std::int64_t> good_ms_;
  std::vector<std::int64_t> decided_ms_;  // of every attempt that said something, excluded or not
  std::int64_t good_events_ = 0;
  std::int64_t bad_events_ = 0;
  Saved saved_;
  std::vector<RowReading> rows_;
};

}  // namespace slo::testing
