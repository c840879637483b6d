// Random histories of events through the engine and through a recount of every slice: late looks,
// sleep, kills, stops, reboots, clocks that are set, exclusions, slices that nobody saw; by
// occurrences and by the ratios of slices. States and incidents are recounted beside it in scripts
// of whole seconds, by timeslices, too.
#include <algorithm>
#include <random>

#include "slo/series_rule.h"
#include "tests/slo/event_recount.h"
#include "tests/slo/recount.h"
#include "tests/slo/sim.h"
#include "tests/support/doctest.h"
#include "tests/support/scripts.h"

using namespace slo;           // the subject of this file
using namespace slo::testing;  // the oracle and the machine

namespace {

struct Shape {
  std::int64_t slice_ms;
  std::int64_t slices;
  std::int64_t window_ms;
  std::vector<AlertRow> rows;
  int checks;
  std::int64_t coarse_ms = 0;
  bool calendars = false;
  bool states = false;  // in whole seconds: states and incidents are recounted, too
};

// Where a period of every calendar of the scripts begins.
constexpr std::int64_t kNewYear = 1'798'761'600'000;  // 2027-01-01T00:00:00Z

class Script {
 public:
  Script(std::uint64_t seed, const Shape& shape)
      : random_(seed),
        shape_(shape),
        spec_(std::make_shared<SloSpec>()),
        machine_(shape.calendars ? kNewYear - 1 - pick(shape.slices * shape.slice_ms)
                                 : 1'000'000'020'000) {
    spec_->service = "shop";
    spec_->name = "checkout";
    spec_->source = SourceKind::kEvents;
    const std::int64_t method = pick(shape.states ? 3 : 2);
    spec_->budgeting = method == 0   ? BudgetingMethod::kRatioTimeslices
                       : method == 1 ? BudgetingMethod::kOccurrences
                                     : BudgetingMethod::kTime;
    if (method == 2) {
      spec_->source = SourceKind::kProbe;  // as the configuration has it
      const std::int64_t targets[] = {500'000'000, 900'000'000, 999'000'000, kBillion};
      target_ppb_ = targets[pick(4)];
    }
    spec_->no_events = static_cast<NoEvents>(pick(3));
    spec_->interval_ms = spec_->timeout_ms = shape.slice_ms;
    if (shape.states) spec_->merge_gap_ms = pick(2) * pick(8) * shape.slice_ms;
    spec_->objective = some_objective();
    spec_->window_ms = shape.window_ms;
    if (shape.calendars) {
      const auto unit = static_cast<CalendarUnit>(pick(4));
      spec_->calendar = Calendar{unit, Zone(), {}};
      spec_->calendar->anchor =
          unit == CalendarUnit::kWeek ? CivilDay{2027, 1, 1} : CivilDay{2001, 1, 1};
      spec_->window_ms = nominal_ms(unit);
      spec_->window_label = name(unit);
    }
    spec_->alert_rows = shape.rows;
    spec_->min_failures = static_cast<int>(pick(4));
  }

  // The first difference, or nothing.
  std::string run() {
    machine_.start();
    const std::int64_t begin_ms = machine_.t_ms();
    for (std::int64_t at = begin_ms; pick(4) != 0;) {
      at += some_ms(shape_.slices * shape_.slice_ms / 3);
      const std::int64_t end_ms = at + some_ms(shape_.slices * shape_.slice_ms / 12);
      exclusions_.push_back({at, end_ms, pick(4) == 0});
      at = end_ms;
    }
    last_ms_ = now_ms_ = begin_ms;
    add();
    recount_.emplace(spec_, begin_ms, exclusions_);
    for (std::int64_t i = 0; i < shape_.slices; ++i) {
      slice();
      if (pick(shape_.slices / 12) == 0) fault();
      if (pick(shape_.slices / shape_.checks) != 0) continue;
      if (std::string difference = check(); !difference.empty()) return difference;
    }
    return check();
  }

 private:
  std::int64_t pick(std::int64_t below) {
    return below <= 0 ? 0
                      : static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(below));
  }

  Objective some_objective() {
    const char* objectives[] = {"90", "99", "99.9", "99.99"};
    return parse_objective(objectives[pick(4)]).value();
  }

  // At least one: a millisecond, or a second where all is in seconds.
  std::int64_t some_ms(std::int64_t below) {
    const std::int64_t unit_ms = shape_.states ? 1000 : 1;
    return unit_ms * (1 + pick(below / unit_ms));
  }

  void add() {
    id_ = machine_.add(spec_, exclusions_);
    machine_.save();
    if (shape_.states && !states_) states_.emplace(spec_, 1000, now_ms_, exclusions_);
    beat();
    beaten_ms_ = machine_.t_ms();
    open();
  }
  void open() {
    begin_ns_ = machine_.boot_ns();
    machine_.engine().on_sent(id_, begin_ns_, machine_.now());
    if (states_) states_->sent(now_ms_);
  }
  void pass(std::int64_t ms) {
    machine_.pass(ms);
    now_ms_ += ms;
  }
  // Before a call into the engine: it notices how late it is.
  void enter(std::int64_t suspended_ms = 0) {
    if (states_) states_->late(last_ms_, now_ms_, suspended_ms);
    if (states_ && suspended_ms >= 1000) states_->beat();
    last_ms_ = now_ms_;
  }
  void step(std::int64_t suspended_ms = 0) {
    enter(suspended_ms);
    machine_.step();
    if (states_) states_->step(now_ms_);
  }
  void beat() {
    enter();
    machine_.beat();
    if (states_) states_->beat();
  }

  // What is of now goes into a heartbeat, or into one that the engine makes at its next call.
  void saved() { beaten_ms_ = machine_.judge(id_).settled_ms; }

  EventCount some() {
    if (pick(30) == 0) mood_ = static_cast<int>(pick(4));
    const std::int64_t total = pick(8) == 0 ? 0 : mood_ == 3 ? pick(3) : pick(2000);
    std::int64_t bad = mood_ == 1 ? total : mood_ == 2 ? pick(total + 1) : 0;
    if (mood_ == 0 && pick(10) == 0) bad = std::min<std::int64_t>(total, pick(4));
    return {total - bad, bad};
  }

  // What a slice of so many events is, by the definition of no_events.
  std::optional<EventCount> known(EventCount count) {
    if (count.total() > 0) return count;
    const bool by_ratios = spec_->budgeting == BudgetingMethod::kRatioTimeslices;
    if (spec_->no_events == NoEvents::kBad) return EventCount{0, 1};
    if (!by_ratios) return count;
    return spec_->no_events == NoEvents::kGood ? std::optional(EventCount{1, 0}) : std::nullopt;
  }
  void counted(const EventCount& count) {
    const EventCount real =
        count.total() == 0 && spec_->no_events == NoEvents::kBad ? EventCount{0, 1} : count;
    good_ += real.good;
    bad_ += real.bad;
  }

  // By timeslices: what the slice is, by its share of good events.
  void judged(std::int64_t begin_ms, const EventCount& count) {
    State state = State::kUp;
    Cause cause = Cause::kNone;
    if (count.total() > 0) {
      if (count.good * kBillion < count.total() * target_ppb_) {
        state = State::kDown;
        cause = Cause::kResponse;
      }
    } else if (spec_->no_events != NoEvents::kGood) {
      state = spec_->no_events == NoEvents::kBad ? State::kDown : State::kUnknown;
      cause = Cause::kNoEvents;
    }
    const auto [told, why] =
        count.total() > 0 ? judged_by_share(static_cast<long double>(count.good),
                                            static_cast<long double>(count.total()), target_ppb_)
                          : judged_without_events(static_cast<WhenAbsent>(spec_->no_events));
    machine_.engine().on_sample(id_, begin_ns_, told, why, machine_.now());
    states_->result(begin_ms, state, cause, now_ms_);
  }

  void slice() {
    std::int64_t length_ms = shape_.slice_ms;
    if (pick(20) == 0) length_ms *= 1 + pick(5);  // the look came late
    for (std::int64_t left = length_ms; left > 0; left -= 5000) {
      pass(std::min<std::int64_t>(5000, left));
      if (shape_.slices < 2000) step();
    }
    step();  // the engine's axis goes on when it is called
    const std::int64_t end_ms = machine_.t_ms();
    const std::int64_t begin_ms = end_ms - (machine_.boot_ns() - begin_ns_) / kMs;
    if (pick(25) == 0) {
      machine_.engine().on_sample(id_, begin_ns_, State::kUnknown, Cause::kNoData, machine_.now());
      if (states_) states_->result(begin_ms, State::kUnknown, Cause::kNoData, now_ms_);
    } else if (spec_->budgeting == BudgetingMethod::kTime) {
      judged(begin_ms, some());
    } else {
      const EventCount count = some();
      const std::int64_t counted_ms = machine_.judge(id_).settled_ms;
      if (machine_.engine().on_events(id_, {begin_ns_, machine_.boot_ns(), count},
                                      machine_.now())) {
        recount_->add({begin_ms, end_ms, known(count), counted_ms});
        counted(count);
        const bool is_empty = count.total() == 0;
        const auto of = known(count);
        if (states_ && !of) {
          states_->result(begin_ms, State::kUnknown, Cause::kNoEvents, now_ms_);
        } else if (states_ && of->bad > of->good) {
          states_->result(begin_ms, State::kDown, is_empty ? Cause::kNoEvents : Cause::kResponse,
                          now_ms_);
        } else if (states_) {
          states_->result(begin_ms, State::kUp, Cause::kNone, now_ms_);
        }
      } else {
        ++refused_;
      }
    }
    open();
    step();
    if (pick(3) != 0) return;
    beat();
    saved();
  }
  void fault() {
    const std::int64_t ms = some_ms(12 * shape_.slice_ms);
    switch (pick(6)) {
      case 0:  // the slice goes on: nothing happened meanwhile
        saved();
        machine_.suspend(ms);
        now_ms_ += ms;
        if (states_) step(ms);
        return;
      case 1:
        machine_.set_wall_clock(pick(2) == 0 ? 3'600'000 : -3'600'000);
        saved();
        if (!states_) return;
        step();
        beat();
        saved();
        return;
      case 2:  // another objective keeps the record
        spec_ = std::make_shared<SloSpec>(*spec_);
        spec_->objective = some_objective();
        recount_->set_spec(spec_);
        CHECK(machine_.add(spec_, exclusions_) == id_);
        if (states_) states_->reload(spec_);
        return;
      default: break;
    }
    Restart restart;
    restart.heartbeat = true;
    restart.clean = pick(2) == 0;
    restart.same_boot = pick(2) == 0;
    restart.reason = StopReason::kStop;
    if (restart.clean) {
      enter();
      if (states_) states_->stop(now_ms_);
      machine_.stop(restart.reason);
    } else {
      // What was known of a slice since the last heartbeat is recounted by its events only.
      if (states_) step();
      if (states_) beat();
      if (states_) saved();
      machine_.kill();
      recount_->killed(beaten_ms_);
      if (states_) states_->kill();
    }
    now_ms_ += ms;
    if (restart.same_boot) {
      machine_.pass(ms);
    } else {
      const std::int64_t boot_ms = 1000 * (1 + pick(20));
      machine_.reboot(ms, boot_ms);
      now_ms_ += boot_ms;
      restart.boot_start_ms = now_ms_ - boot_ms;
    }
    restart.now_ms = last_ms_ = now_ms_;
    machine_.start();
    if (states_) states_->restart(restart);
    add();
  }

  std::string check() {
    step();
    const Judgement j = machine_.judge(id_);
    std::string difference;
    const bool by_slices = spec_->budgeting != BudgetingMethod::kTime;
    if (by_slices) difference = recount_->compare(j, shape_.coarse_ms);
    if (states_) difference += states_->compare(j, machine_.engine().timeline().labels());
    if (by_slices && (j.counters.events_good != good_ || j.counters.events_bad != bad_)) {
      difference += "counters: " + std::to_string(j.counters.events_good) + " and " +
                    std::to_string(j.counters.events_bad) + ", recounted " + std::to_string(good_) +
                    " and " + std::to_string(bad_) + "\n";
    }
    if (j.settled_ms < recount_->end_ms()) difference += "settled before the newest slice\n";
    if (refused_ > 0) difference += "slices were refused\n";
    return difference;
  }

  std::mt19937_64 random_;
  Shape shape_;
  std::shared_ptr<SloSpec> spec_;
  Machine machine_;
  std::vector<Exclusion> exclusions_;
  std::optional<EventRecount> recount_;
  std::optional<Recount> states_;
  std::int64_t now_ms_ = 0;
  std::int64_t last_ms_ = 0;    // when the engine was called last
  std::int64_t beaten_ms_ = 0;  // as far as the counters of the last heartbeat were
  SloId id_ = 0;
  std::int64_t begin_ns_ = 0;
  int mood_ = 0;
  int refused_ = 0;
  std::int64_t target_ppb_ = kBillion;
  std::int64_t good_ = 0;
  std::int64_t bad_ = 0;
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

}  // namespace

TEST_CASE("events of an hour and more, recounted") {
  const std::vector<AlertRow> rows = {{600'000, 60'000, 20'000, Severity::kPage},
                                      {1'800'000, 150'000, 100'000, Severity::kTicket}};
  run_scripts(300, 50'000, {15'000, 300, kHourMs, rows, 12});
}

TEST_CASE("states and incidents of events, recounted second by second") {
  const std::vector<AlertRow> rows = {{600'000, 60'000, 20'000, Severity::kPage}};
  run_scripts(100, 90'000, {15'000, 150, kHourMs, rows, 12, 0, false, true});
}

TEST_CASE("events over the turn of the year, by the calendar") {
  const std::vector<AlertRow> rows = {{600'000, 60'000, 20'000, Severity::kPage}};
  run_scripts(100, 80'000, {15'000, 300, 0, rows, 12, 0, true});
}

TEST_CASE("events of ten days, where old slices were laid together") {
  run_scripts(2, 60'000,
              {60'000, 14'400, 9 * kDayMs, default_alert_rows(9 * kDayMs), 6, EventLog::kCoarseMs});
}

TEST_CASE("events of a year, exact to slices of five minutes") {
  run_scripts(1, 70'000,
              {300'000, test::length(90'000), 90 * kDayMs, default_alert_rows(90 * kDayMs), 4});
}
