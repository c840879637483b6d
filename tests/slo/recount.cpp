#include "tests/slo/recount.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "slo/int128.h"

namespace slo::testing {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();

void count_one(Totals& totals, State state, std::int64_t ms) {
  switch (state) {
    case State::kUp: totals.up_ms += ms; return;
    case State::kDown: totals.down_ms += ms; return;
    case State::kUnknown: totals.unknown_ms += ms; return;
    case State::kExcluded: totals.excluded_ms += ms; return;
  }
}

}  // namespace

Recount::Recount(std::shared_ptr<const SloSpec> spec, std::int64_t unit_ms, std::int64_t since_ms,
                 std::vector<Exclusion> exclusions)
    : spec_(std::move(spec)),
      unit_ms_(unit_ms),
      since_ms_(since_ms),
      exclusions_(std::move(exclusions)),
      born_{State::kUnknown, Cause::kStarting},
      cumulative_(1),
      rows_(spec_->alert_rows.size(), RowReading{kNan, kNan, 0, false, false}) {
  saved_.settled_ms = kNever;
}

std::size_t Recount::index(std::int64_t t_ms) const {
  return static_cast<std::size_t>((t_ms - since_ms_) / unit_ms_);
}

std::int64_t Recount::settled_ms() const {
  return since_ms_ + static_cast<std::int64_t>(cells_.size()) * unit_ms_;
}

void Recount::sent(std::int64_t t_ms) {
  Probe probe;
  probe.sent_ms = t_ms;
  probes_.push_back(probe);
}

const Recount::Blind* Recount::first_blind(std::int64_t sent_ms) const {
  for (const Blind& blind : blinds_) {
    if (blind.from_ms >= sent_ms) return &blind;
  }
  return nullptr;
}

void Recount::result(std::int64_t sent_ms, State state, Cause cause, std::int64_t /*now_ms*/) {
  for (std::size_t i = open_; i < probes_.size(); ++i) {
    if (probes_[i].sent_ms != sent_ms || probes_[i].given_up || probes_[i].result) continue;
    const Blind* blind = first_blind(sent_ms);
    const bool proves = state != State::kDown || blind == nullptr;
    probes_[i].result = proves ? Cell{state, cause} : Cell{State::kUnknown, blind->cause};
  }
}

void Recount::late(std::int64_t from_ms, std::int64_t to_ms, std::int64_t suspended_ms) {
  if (is_host()) {
    if (suspended_ms >= 1000) {
      blinds_.push_back({to_ms - suspended_ms, to_ms, Cause::kSuspended});
    }
    return;
  }
  if (to_ms - from_ms <= 2 * spec_->interval_ms && suspended_ms < 1000) return;
  const bool slept = 2 * suspended_ms >= to_ms - from_ms;
  blinds_.push_back({from_ms, to_ms, slept ? Cause::kSuspended : Cause::kStalled});
}

// What the lists say about the state at t.
Recount::Cell Recount::raw(std::int64_t t_ms) const {
  if (is_host()) {
    for (const Blind& blind : blinds_) {
      if (blind.from_ms <= t_ms && t_ms < blind.to_ms) return {spec_->suspended, blind.cause};
    }
    return {State::kUp, Cause::kNone};
  }
  const Probe* speaks = nullptr;
  for (std::size_t i = probes_.size(); i-- > life_ && speaks == nullptr;) {
    if (probes_[i].decided_ms >= 0 && probes_[i].sent_ms <= t_ms) speaks = &probes_[i];
  }
  if (speaks == nullptr) return born_;
  const std::int64_t hold_end = speaks->sent_ms + spec_->hold_ms();
  const Blind* blind = first_blind(speaks->sent_ms);
  if (blind != nullptr && blind->from_ms < hold_end) {
    return t_ms < blind->from_ms ? *speaks->result : Cell{State::kUnknown, blind->cause};
  }
  return t_ms < hold_end ? *speaks->result : Cell{State::kUnknown, Cause::kLapsed};
}

bool Recount::excluded(std::int64_t t_ms) const {
  return std::any_of(exclusions_.begin(), exclusions_.end(),
                     [&](const Exclusion& e) { return e.begin_ms <= t_ms && t_ms < e.end_ms; });
}

State Recount::seen(std::int64_t t_ms, State state) const {
  bool up = false;
  for (const Exclusion& e : exclusions_) {
    if (t_ms < e.begin_ms || t_ms >= e.end_ms) continue;
    if (!e.counts_as_up) return State::kExcluded;
    up = true;
  }
  return up ? State::kUp : state;
}

void Recount::paint(std::int64_t to_ms, Cell cell) {
  while (settled_ms() < to_ms) {
    Totals totals = cumulative_.back();
    count_one(totals, seen(settled_ms(), cell.state), unit_ms_);
    cells_.push_back(cell);
    cumulative_.push_back(totals);
  }
}

void Recount::extend(std::int64_t to_ms) {
  while (settled_ms() < to_ms) paint(settled_ms() + unit_ms_, raw(settled_ms()));
}

void Recount::step(std::int64_t now_ms) {
  std::int64_t frontier_ms = now_ms;
  for (; open_ < probes_.size(); ++open_) {
    Probe& probe = probes_[open_];
    if (probe.given_up) continue;
    if (!probe.result) {
      if (now_ms - probe.sent_ms <= spec_->hold_ms()) {
        frontier_ms = probe.sent_ms;
        break;
      }
      probe.given_up = true;
      continue;
    }
    probe.decided_ms = now_ms;
    const Blind* blind = first_blind(probe.sent_ms);
    if (blind != nullptr && blind->from_ms == probe.sent_ms) {
      instants_.emplace_back(probe.sent_ms, probe.result->state);
    }
    if (probe.result->state != State::kUnknown) decided_ms_.push_back(probe.sent_ms);
    if (probe.result->state == State::kUp) {
      ++good_events_;
      if (!excluded(probe.sent_ms)) good_ms_.push_back(probe.sent_ms);
    } else if (probe.result->state == State::kDown) {
      ++bad_events_;
      if (!excluded(probe.sent_ms)) bad_ms_.push_back(probe.sent_ms);
    }
  }
  extend(frontier_ms);
  steps_.push_back({now_ms, settled_ms()});
  for (std::size_t i = 0; i < rows_.size(); ++i) rows_[i] = read_row(i, rows_[i]);
}

void Recount::beat() {
  saved_ = {settled_ms(), bad_ms_.size(), good_events_, bad_events_, kNever, {}};
  if (!good_ms_.empty()) saved_.last_good_ms = good_ms_.back();
  for (const RowReading& row : rows_) saved_.firing.push_back(row.firing);
}

void Recount::stop(std::int64_t now_ms) {
  for (std::size_t i = open_; i < probes_.size(); ++i) {
    if (!probes_[i].result) probes_[i].given_up = true;
  }
  step(now_ms);
  beat();
}

void Recount::kill() {
  // With excluded time around, a kill follows a heartbeat and loses nothing.
  if (exclusions_.empty()) {
    for (const Incident& incident : incidents()) told_[incident.start_ms] = incident.earliest_ms;
  }
  std::size_t change = 0;
  for (std::size_t i = 1; i < cells_.size(); ++i) {
    const bool unknown = cells_[i].state == State::kUnknown;
    if (cells_[i].state != cells_[i - 1].state ||
        (unknown && cells_[i].cause != cells_[i - 1].cause)) {
      change = i;
    }
  }
  std::int64_t changed_ms = since_ms_ + static_cast<std::int64_t>(change) * unit_ms_;
  State changed_to = cells_.empty() ? State::kUnknown : cells_[change].state;
  if (is_host() && changed_to != State::kUp) {  // back at once, before its first cell is full
    changed_ms = settled_ms();
    changed_to = State::kUp;
  }
  const std::int64_t known_ms = std::max(saved_.settled_ms, changed_ms);
  if (known_ms == changed_ms) instants_.emplace_back(known_ms, changed_to);
  cells_.resize(index(known_ms));
  cumulative_.resize(cells_.size() + 1);
  for (Step& step : steps_) step.settled_ms = std::min(step.settled_ms, known_ms);
  if (saved_.settled_ms == kNever) saved_ = {known_ms, 0, 0, 0, kNever, {}};
  good_events_ = saved_.good_events;
  bad_events_ = saved_.bad_events;
  bad_ms_.resize(saved_.bad);
  while (!good_ms_.empty() && good_ms_.back() > saved_.last_good_ms) good_ms_.pop_back();
  if (changed_to == State::kUp && !excluded(changed_ms) &&
      (good_ms_.empty() || good_ms_.back() < changed_ms)) {
    good_ms_.push_back(changed_ms);
  }
}

void Recount::restart(const Restart& restart) {
  if (is_host() && !cells_.empty() && cells_.back().state != State::kUp) {
    instants_.emplace_back(settled_ms(), State::kUp);
  }
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const bool firing = i < saved_.firing.size() && saved_.firing[i];
    rows_[i] = read_row(i, {kNan, kNan, 0, firing, false});
  }

  const bool crashed = !restart.clean;
  const Cause cause = restart.same_boot
                          ? (crashed ? Cause::kMonitorCrashed : Cause::kMonitorStopped)
                          : (crashed ? Cause::kPowerLoss : Cause::kReboot);
  if (!is_host()) {
    paint(restart.now_ms, {State::kUnknown, cause});
  } else if (restart.same_boot) {
    if (restart.suspended_ms > 0) {
      paint(settled_ms() + restart.suspended_ms, {spec_->suspended, Cause::kSuspended});
    }
    paint(restart.now_ms, {State::kUp, Cause::kNone});
  } else {
    const bool down = crashed || restart.reason == StopReason::kShutdown;
    paint(restart.boot_start_ms, {down ? State::kDown : State::kUnknown, cause});
    paint(restart.now_ms, {State::kUp, Cause::kNone});
  }
  life_ = probes_.size();
  open_ = life_;
  born_ = {State::kUnknown, cause};
  blinds_.clear();
  steps_.push_back({restart.now_ms, settled_ms()});
  for (std::size_t i = 0; i < rows_.size(); ++i) rows_[i] = read_row(i, rows_[i]);
}

void Recount::reload(std::shared_ptr<const SloSpec> spec) {
  const bool same_question =
      spec->objective == spec_->objective && spec->window_ms == spec_->window_ms;
  spec_ = std::move(spec);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    rows_[i] = read_row(i, same_question ? rows_[i] : RowReading{kNan, kNan, 0, false, false});
  }
}

std::vector<EventRecount::Slice> Recount::attempts() const {
  std::vector<EventRecount::Slice> attempts;
  for (std::size_t i = 0; i < decided_ms_.size(); ++i) {
    const std::int64_t until_ms =
        i + 1 < decided_ms_.size() ? std::min(decided_ms_[i + 1], settled_ms()) : settled_ms();
    std::int64_t end_ms = decided_ms_[i];
    const auto is_known = [&] { return cells_[index(end_ms)].state != State::kUnknown; };
    while (end_ms < until_ms && is_known()) end_ms += unit_ms_;
    if (end_ms == decided_ms_[i]) continue;
    const bool is_good = cells_[index(decided_ms_[i])].state == State::kUp;
    attempts.push_back({decided_ms_[i], end_ms, EventCount{is_good ? 1 : 0, is_good ? 0 : 1}});
  }
  return attempts;
}

Totals Recount::count(std::int64_t from_ms, std::int64_t to_ms) const {
  Totals totals;
  for (std::int64_t t = std::max(from_ms, since_ms_); t < to_ms; t += unit_ms_) {
    count_one(totals, seen(t, cells_[index(t)].state), unit_ms_);
  }
  return totals;
}

std::int64_t Recount::bad_events(std::int64_t window_ms) const {
  std::int64_t events = 0;
  std::size_t looked_at = 0;
  for (std::size_t i = bad_ms_.size(); i-- > 0 && looked_at < kMaxMinFailures; ++looked_at) {
    events += bad_ms_[i] > settled_ms() - window_ms ? 1 : 0;
  }
  return events;
}

RowReading Recount::read_row(std::size_t i, const RowReading& last) const {
  const AlertRow& row = spec_->alert_rows[i];
  const auto window = [&](std::int64_t length_ms) {
    const std::int64_t from_ms = std::max(since_ms_, settled_ms() - length_ms);
    return cumulative_.back() - cumulative_[index(from_ms)];
  };
  const Totals in_short = window(row.short_ms);
  const Totals in_long = window(row.long_ms);
  const std::int64_t known = in_short.up_ms + in_short.down_ms;
  if (known == 0 || 2 * known < known + in_short.unknown_ms) {
    RowReading frozen = last;
    frozen.stale = true;
    return frozen;
  }
  const double b = spec_->objective.budget_ratio();
  const auto burn = [b](const Totals& t) {
    return static_cast<double>(t.down_ms) / static_cast<double>(t.up_ms + t.down_ms) / b;
  };
  RowReading now;
  now.long_burn = burn(in_long);
  now.short_burn = burn(in_short);
  now.budget_consumed =
      static_cast<double>(in_long.down_ms) / (b * static_cast<double>(spec_->window_ms));
  // p = ppm/10^6, b = ppb/10^9: everything times 10^15 to stay with integers.
  const Int128 p_b_w = wide(row.budget_ppm) * spec_->objective.budget_ppb() * spec_->window_ms;
  const Int128 e15 = wide(1'000'000) * 1'000'000'000;
  const bool spent = in_long.down_ms * e15 > p_b_w;
  const bool going_on = in_short.down_ms * e15 * row.long_ms > p_b_w * known;
  const bool enough =
      is_host() || spec_->min_failures <= 1 || bad_events(row.short_ms) >= spec_->min_failures;
  now.firing = spent && going_on && enough;
  return now;
}

}  // namespace slo::testing
