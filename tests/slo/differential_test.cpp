// Random histories through the engine and through a recount of lists and cells: every number of
// every judgement must be the same. A probe and the host are judged side by side on one simulated
// machine; the script stalls, suspends, kills, stops, reboots it and sets its clock.
#include <algorithm>
#include <random>
#include <vector>

#include "tests/slo/event_recount.h"
#include "tests/slo/recount.h"
#include "tests/slo/sim.h"
#include "tests/support/doctest.h"
#include "tests/support/scripts.h"

using namespace slo;           // the subject of this file
using namespace slo::testing;  // the oracle and the machine

namespace {

struct Shape {
  std::int64_t unit_ms;
  std::int64_t length;  // all in units from here on
  std::int64_t interval_min;
  std::int64_t interval_max;
  std::int64_t window;
  std::vector<AlertRow> rows;  // in milliseconds
  std::int64_t tick;
  std::int64_t beat;
  int faults;  // about so many stalls, sleeps, restarts, clock steps
  int checks;
  int exclusions;
  bool calendars = false;
  std::int64_t coarse_ms = 0;
};

// Where a period of every calendar of the scripts begins.
constexpr std::int64_t kNewYear = 1'798'761'600'000;  // 2027-01-01T00:00:00Z

class Script {
 public:
  Script(std::uint64_t seed, const Shape& shape)
      : random_(seed),
        shape_(shape),
        machine_(shape.calendars ? kNewYear - units(1 + pick(shape.length)) : 1'000'000'020'000) {
    probe_ = probe_spec(units(shape.interval_min + pick(shape.interval_max - shape.interval_min)));
    probe_->timeout_ms = std::max(unit(), units(pick(2 * probe_->interval_ms / unit())));
    probe_->objective = some_objective();
    probe_->window_ms = units(shape.window);
    probe_->alert_rows = shape.rows;
    probe_->min_failures = static_cast<int>(pick(4));
    probe_->merge_gap_ms = units(pick(4) == 0 ? 0 : pick(6 * probe_->interval_ms / unit()));
    gated_ = pick(3) == 0;
    if (gated_) {
      probe_->failures = static_cast<int>(1 + pick(3));
      probe_->successes = static_cast<int>(1 + pick(3));
    } else {
      random_exclusions();
    }
    host_ = host_spec();
    host_->objective = probe_->objective;
    host_->window_ms = probe_->window_ms;
    host_->alert_rows = shape.rows;
    host_->interval_ms = probe_->interval_ms;
    host_->merge_gap_ms = probe_->merge_gap_ms;
    host_->suspended = static_cast<State>(pick(3));
    if (shape.calendars) use_calendars();
    if (pick(3) == 0) probe_->budgeting = BudgetingMethod::kOccurrences;
  }

  // The first difference, or nothing.
  std::string run() {
    machine_.start();
    begin_ms_ = machine_.t_ms();
    for (Exclusion& e : exclusions_) {
      e.begin_ms += begin_ms_;
      e.end_ms += begin_ms_;
    }
    add();
    for (Recount* r : {&*probe_recount_, &*host_recount_}) r->beat();
    machine_.beat();
    next_tick_ = next_beat_ = next_send_ = now();
    next_fault_ = now() + fault_distance();
    const std::int64_t end = now() + units(shape_.length);
    const std::int64_t check_distance = units(shape_.length) / shape_.checks;
    std::int64_t next_check = now() + check_distance;
    while (now() < end) {
      event();
      if (now() >= next_check) {
        next_check = now() + check_distance;
        const std::string difference = check();
        if (!difference.empty()) return difference;
      }
    }
    return check();
  }

 private:
  struct InFlight {
    std::int64_t sent_ms;
    std::int64_t due_ms;
    std::int64_t sent_boot_ns;
    State state;
  };

  std::int64_t pick(std::int64_t below) {
    return below <= 0 ? 0
                      : static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(below));
  }
  Objective some_objective() {
    const char* objectives[] = {"90", "99", "99.9", "99.99"};
    return parse_objective(objectives[pick(4)]).value();
  }
  bool by_events() const { return probe_->budgeting == BudgetingMethod::kOccurrences; }
  std::int64_t unit() const { return shape_.unit_ms; }
  std::int64_t units(std::int64_t n) const { return n * shape_.unit_ms; }
  std::int64_t now() const { return now_ms_; }
  std::int64_t fault_distance() {
    return units(1 + pick(2 * shape_.length / std::max(1, shape_.faults)));
  }

  void use_calendars() {
    for (SloSpec* spec : {probe_.get(), host_.get()}) {
      const auto unit = static_cast<CalendarUnit>(pick(4));
      spec->calendar = Calendar{unit, Zone(), {}};
      spec->calendar->anchor =
          unit == CalendarUnit::kWeek ? CivilDay{2027, 1, 1} : CivilDay{2001, 1, 1};
      spec->window_ms = nominal_ms(unit);
      spec->window_label = name(unit);
    }
  }

  void random_exclusions() {
    for (std::int64_t i = pick(shape_.exclusions + 1); i > 0; --i) {
      const std::int64_t begin = units(pick(shape_.length));
      exclusions_.push_back({begin, begin + units(1 + pick(shape_.length / 12)), pick(4) == 0});
    }
  }

  void add() {
    probe_id_ = machine_.add(probe_, exclusions_);
    host_id_ = machine_.add(host_, exclusions_);
    machine_.save();
    now_ms_ = machine_.t_ms();
    last_entry_ = now_ms_;
    if (!probe_recount_) {
      probe_recount_.emplace(probe_, unit(), now_ms_, exclusions_);
      host_recount_.emplace(host_, unit(), now_ms_, exclusions_);
    }
  }

  // Before every call into the engine: it notices how late it is.
  void enter(std::int64_t suspended_ms = 0) {
    for (Recount* r : {&*probe_recount_, &*host_recount_}) {
      r->late(last_entry_, now(), suspended_ms);
    }
    last_entry_ = now();
    if (suspended_ms >= 1000) heartbeat_noted();
  }
  void heartbeat_noted() {
    for (Recount* r : {&*probe_recount_, &*host_recount_}) r->beat();
  }

  void event() {
    std::int64_t next = std::min({next_tick_, next_beat_, next_send_, next_fault_});
    for (const InFlight& flight : flights_) next = std::min(next, flight.due_ms);
    if (next > now()) {
      machine_.pass(next - now());
      now_ms_ = next;
    }
    if (next_fault_ <= now()) {
      next_fault_ = now() + fault_distance();
      fault();
      return;
    }
    deliver();
    if (next_send_ <= now()) send();
    if (next_tick_ <= now()) {
      next_tick_ = now() + units(1 + pick(2 * shape_.tick));
      step();
    }
    if (next_beat_ <= now()) {
      next_beat_ = now() + units(shape_.beat);
      beat();
    }
  }

  void deliver() {
    for (std::size_t i = 0; i < flights_.size();) {
      if (flights_[i].due_ms > now()) {
        ++i;
        continue;
      }
      const InFlight flight = flights_[i];
      flights_.erase(flights_.begin() + static_cast<std::ptrdiff_t>(i));
      enter();
      const Cause cause = flight.state == State::kUnknown ? Cause::kNoRoute
                          : flight.state == State::kDown  ? Cause::kTimeout
                                                          : Cause::kNone;
      machine_.engine().on_sample(probe_id_, flight.sent_boot_ns, flight.state, cause,
                                  machine_.now());
      probe_recount_->result(flight.sent_ms, flight.state, cause, now());
    }
  }

  void send() {
    if (pick(40) == 0) mood_ = static_cast<int>(pick(4));
    const std::int64_t lot = pick(100);
    State state = State::kUp;
    if (mood_ == 1 && lot < 95) state = State::kDown;
    if (mood_ == 2) state = lot < 50 ? State::kDown : State::kUp;
    if (mood_ == 3 && lot < 30) state = State::kUnknown;
    if (mood_ == 0 && lot < 1) state = State::kDown;
    next_send_ = now() + probe_->interval_ms + (pick(10) == 0 ? units(pick(3)) : 0);
    enter();
    machine_.engine().on_sent(probe_id_, machine_.boot_ns(), machine_.now());
    probe_recount_->sent(now());
    if (pick(60) == 0) return;  // no answer ever
    const std::int64_t took = units(1 + pick(probe_->timeout_ms / unit()));
    flights_.push_back({now(), now() + took, machine_.boot_ns(), state});
  }

  void step() {
    enter();
    machine_.step();
    for (Recount* r : {&*probe_recount_, &*host_recount_}) r->step(now());
  }
  void beat() {
    enter();
    machine_.beat();
    heartbeat_noted();
  }

  // Nothing runs for a while: what was due waits, nothing is sent.
  void sleep_over(std::int64_t ms, bool suspended) {
    suspended ? machine_.suspend(ms) : machine_.pass(ms);
    now_ms_ += ms;
    enter(suspended ? ms : 0);
    if (pick(2) == 0) deliver();
    step();
    next_send_ = std::max(next_send_, now());
  }

  void fault() {
    const std::int64_t ms = units(1 + pick(12 * probe_->interval_ms / unit()));
    switch (pick(6)) {
      case 0: sleep_over(ms, false); return;
      case 3: reload(); return;
      case 1: sleep_over(std::max<std::int64_t>(1000, ms) / unit() * unit(), true); return;
      case 2: {
        const std::int64_t steps[] = {3'600'000, -3'600'000, std::max<std::int64_t>(1000, unit()),
                                      -std::max<std::int64_t>(1000, unit())};
        machine_.set_wall_clock(steps[pick(4)]);
        enter();
        machine_.engine().step(machine_.now());
        heartbeat_noted();
        for (Recount* r : {&*probe_recount_, &*host_recount_}) r->step(now());
        machine_.save();
        return;
      }
      default: restart(ms);
    }
  }

  // Another objective, window or gate of the alerts for the same record.
  void reload() {
    enter();
    probe_ = std::make_shared<SloSpec>(*probe_);
    host_ = std::make_shared<SloSpec>(*host_);
    if (pick(2) == 0) probe_->min_failures = static_cast<int>(pick(4));
    if (pick(2) == 0) host_->objective = probe_->objective = some_objective();
    if (pick(2) == 0 && !shape_.calendars) {
      host_->window_ms = probe_->window_ms = units(shape_.window / 2 + pick(shape_.window));
      host_->window_label = probe_->window_label = duration_label(probe_->window_ms);
    }
    CHECK(machine_.add(probe_, exclusions_) == probe_id_);
    CHECK(machine_.add(host_, exclusions_) == host_id_);
    machine_.save();
    probe_recount_->reload(probe_);
    host_recount_->reload(host_);
  }

  void restart(std::int64_t off_ms) {
    Restart restart;
    restart.heartbeat = true;
    restart.same_boot = pick(2) == 0;
    restart.clean = gated_ || pick(2) == 0;
    if (restart.clean) {
      const StopReason reasons[] = {StopReason::kStop, StopReason::kUpgrade, StopReason::kShutdown};
      restart.reason = reasons[pick(3)];
      enter();
      for (Recount* r : {&*probe_recount_, &*host_recount_}) r->stop(now());
      machine_.stop(restart.reason);
    } else {
      // With excluded time around, a kill comes right after a heartbeat: what maintenance did to
      // an incident since then is not among the facts. Attempts that were counted are facts at
      // once.
      if (!exclusions_.empty() || by_events()) {
        step();
        beat();
      }
      machine_.kill();
      for (Recount* r : {&*probe_recount_, &*host_recount_}) r->kill();
    }
    flights_.clear();
    if (restart.same_boot) {
      machine_.pass(off_ms);
    } else {
      const std::int64_t boot_ms = units(1 + pick(20));
      machine_.reboot(off_ms, boot_ms);
      now_ms_ += boot_ms;
      restart.boot_start_ms = now() + off_ms - boot_ms;
    }
    now_ms_ += off_ms;
    restart.now_ms = now();
    machine_.start();
    add();
    for (Recount* r : {&*probe_recount_, &*host_recount_}) r->restart(restart);
    machine_.beat();
    heartbeat_noted();
    next_send_ = next_tick_ = now();
  }

  std::string check() {
    step();
    const Labels labels = machine_.engine().timeline().labels();
    const Judgement probe = machine_.judge(probe_id_);
    std::string difference = probe_recount_->compare(probe, labels);
    if (by_events()) {
      EventRecount events(probe_, probe_recount_->since_ms(), exclusions_);
      for (const EventRecount::Slice& slice : probe_recount_->attempts()) events.add(slice);
      difference += events.compare(probe, shape_.coarse_ms);
    }
    if (!difference.empty()) return "probe: " + difference;
    difference = host_recount_->compare(machine_.judge(host_id_), labels);
    if (!difference.empty()) return "host: " + difference;
    if (machine_.t_ms() != now()) return "T left the script";
    return "";
  }

  std::mt19937_64 random_;
  Shape shape_;
  Machine machine_;
  std::shared_ptr<SloSpec> probe_;
  std::shared_ptr<SloSpec> host_;
  std::vector<Exclusion> exclusions_;
  bool gated_ = false;
  SloId probe_id_ = 0;
  SloId host_id_ = 0;
  std::optional<Recount> probe_recount_;
  std::optional<Recount> host_recount_;
  std::vector<InFlight> flights_;
  int mood_ = 0;
  std::int64_t begin_ms_ = 0;
  std::int64_t now_ms_ = 0;
  std::int64_t last_entry_ = 0;
  std::int64_t next_tick_ = 0;
  std::int64_t next_beat_ = 0;
  std::int64_t next_send_ = 0;
  std::int64_t next_fault_ = 0;
};

void run_scripts(int count, std::uint64_t first_seed, const Shape& shape) {
  int mismatches = 0;
  for (const std::uint64_t seed : test::seeds(first_seed, count)) {
    const std::string difference = Script(seed, shape).run();
    if (difference.empty()) continue;
    if (++mismatches <= 3) MESSAGE("seed ", seed, ":\n", difference);
  }
  CHECK(mismatches == 0);
}

std::vector<AlertRow> rows(std::int64_t unit_ms, std::int64_t long1, std::int64_t long2) {
  return {{long1 * unit_ms, long1 / 12 * unit_ms, 20'000, Severity::kPage},
          {long2 * unit_ms, long2 / 12 * unit_ms, 100'000, Severity::kTicket}};
}

}  // namespace

TEST_CASE("short histories, recounted millisecond by millisecond") {
  run_scripts(250, 1, {1, 5000, 8, 60, 1500, rows(1, 240, 1200), 10, 40, 8, 4, 5});
}

TEST_CASE("half an hour, recounted second by second") {
  run_scripts(1000, 10'000, {1000, 1800, 2, 20, 900, rows(1000, 120, 600), 3, 5, 8, 3, 4});
}

TEST_CASE("calendar windows over the turn of the year, while clocks are set") {
  run_scripts(300, 40'000, {1000, 1800, 2, 20, 0, rows(1000, 120, 600), 3, 5, 8, 3, 4, true});
}

TEST_CASE("whole days with the rows of the SRE Workbook") {
  run_scripts(
      6, 20'000,
      {1000, 86'400, 5, 60, 30 * 86'400, default_alert_rows(30 * kDayMs), 10, 15, 60, 2, 4});
}

TEST_CASE("four hundred days, minute by minute") {
  run_scripts(1, 30'000,
              {60'000, test::length(400) * 1440, 2, 5, 90 * 1440, default_alert_rows(90 * kDayMs),
               5, 10, 150, 2, 6, false, EventLog::kCoarseMs});
}
