// A turn is: evaluate -> write what fired or resolved, wait for the disk -> send what is due to
// every member that is idle. The time between turns is spent in Notifier::wait(), which ends when
// an answer arrives or a judgement is published, of which those are passed over that have nothing
// to say to a pager at rest: most of the time that is all of them.
#include "alerts/pager.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "alerts/words.h"
#include "exporter/core/clock.h"
#include "exporter/core/log.h"

namespace alerts {
namespace {

using exporter::kNsPerMs;
using exporter::log;
using exporter::LogLevel;
using exporter::Moment;

constexpr std::chrono::milliseconds kTurn{1000};
// At rest judgements give the time; this only bounds it.
constexpr std::chrono::milliseconds kRest{60'000};
// Short, because a page may be waiting: an Alertmanager that is back has it within 5 s.
// Signs of life are given while the newest judgement is no older than this.
constexpr std::int64_t kFreshMs = 30'000;
// How often an Alertmanager is asked what became of an alert: the resolution of acknowledgements.
constexpr std::int64_t kAskMs = 15'000;
constexpr std::array<std::int64_t, 4> kBackoffMs = {1000, 2000, 4000, 5000};

std::int64_t boot_ms(const Moment& now) { return now.boot_ns / kNsPerMs; }

}  // namespace

Pager::Pager(AlertingSpec spec, const std::vector<slo::Document>& documents, slo::Store& store,
             Notifier& notifier, const exporter::Clock& clock)
    : spec_(std::move(spec)),
      store_(store),
      notifier_(notifier),
      clock_(clock),
      evaluator_(spec_),
      outbox_(spec_) {
  for (Receiver& receiver : receivers_of(spec_)) {
    Member& member = members_.emplace_back();
    member.status.name = receiver.name;
    member.receiver = std::move(receiver);
  }
  started_unix_ms_ = clock_.now().real_ns / kNsPerMs;
  if (const std::size_t bad = outbox_.restore(documents, clock_.now()); bad > 0) {
    log(LogLevel::kError, "alerts of an earlier run cannot be read and are forgotten",
        {{"count", static_cast<std::int64_t>(bad)}});
  }
  evaluator_.restore(outbox_.firing());
  for (const Alert& alert : outbox_.firing()) {
    if (is_test_alert(alert)) test_ = alert;
  }
  publish_status();
}

void Pager::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Pager::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Pager::run(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] { notifier_.wake(); });
  while (!stop.stop_requested()) {
    turn(clock_.now());
    // A judgement each second gives the turn; only where it fails to come does the clock.
    settle(notifier_.wait(rests() ? kRest : kTurn + kTurn / 4), clock_.now());
  }
}

void Pager::apply(AlertingSpec spec) {
  {
    const std::scoped_lock lock(mutex_);
    new_spec_ = std::move(spec);
  }
  notifier_.wake();
}

void Pager::take_new_spec() {
  std::optional<AlertingSpec> spec;
  {
    const std::scoped_lock lock(mutex_);
    spec.swap(new_spec_);
  }
  if (!spec || *spec == spec_) return;
  const auto deadline = std::chrono::steady_clock::now() + kTurn;
  while (std::ranges::any_of(members_, &Member::busy)) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) break;
    settle(notifier_.wait(left), clock_.now());
  }
  std::vector<Member> members;
  for (Receiver& receiver : receivers_of(*spec)) {
    Member& member = members.emplace_back();
    const auto same = std::ranges::find_if(members_, [&](const Member& old) {
      return old.receiver.kind == receiver.kind &&
             old.receiver.endpoint.url == receiver.endpoint.url;
    });
    if (same != members_.end()) member.status = same->status;
    member.status.name = receiver.name;
    member.receiver = std::move(receiver);
  }
  members_ = std::move(members);
  spec_ = std::move(*spec);
  outbox_.members_changed();
  notifier_.set(spec_);
}

void Pager::publish(std::shared_ptr<const slo::Snapshot> snapshot) {
  const std::int64_t now_ms = boot_ms(clock_.now());
  const bool has_cause = Evaluator::has_cause(*snapshot);
  {
    const std::scoped_lock lock(mutex_);
    snapshot_.swap(snapshot);
    published_ms_ = now_ms;
    if (rests_ && !has_cause && now_ms < signal_due_ms_) return;
    rests_ = false;
  }
  notifier_.wake();
}

bool Pager::rests() const {
  const std::scoped_lock lock(mutex_);
  return rests_;
}

// Decided against the judgements that come meanwhile: turn() takes the newest and ends the rest in
// one, so whatever is published after that wakes the thread.
void Pager::rest() {
  const bool rests =
      judged_ms_ != 0 && evaluator_.rests() && outbox_.rows() == 0 && !test_ && !unsaved_ &&
      std::ranges::none_of(members_, [](const Member& member) { return member.busy; });
  std::int64_t due_ms = std::numeric_limits<std::int64_t>::max();
  for (const Member& member : members_) {
    if (!gives_signals(member)) continue;
    due_ms =
        std::min(due_ms, member.signalled_ms ? *member.signalled_ms + spec_.resend_delay_ms : 0);
  }
  const std::scoped_lock lock(mutex_);
  rests_ = rests && !test_wanted_ && !new_spec_;
  signal_due_ms_ = due_ms;
}

std::shared_ptr<const PagerStatus> Pager::status() const {
  const std::scoped_lock lock(mutex_);
  return status_;
}

void Pager::turn(const Moment& now) {
  take_new_spec();
  std::shared_ptr<const slo::Snapshot> snapshot;
  {
    const std::scoped_lock lock(mutex_);
    snapshot = snapshot_;
    judged_ms_ = published_ms_;
    rests_ = false;
  }
  // Before the first judgement nothing changes, but what already fires goes on being sent.
  std::vector<Alert> alerts;
  if (snapshot) alerts = evaluator_.evaluate(*snapshot, now);
  add_test(alerts, now);
  const bool news = outbox_.update(alerts, now);
  save(news, now);
  if (tested_ && tested_->starts_at_ms == now.real_ns / kNsPerMs) tested_->durable = !unsaved_;
  send(now);
  publish_status();
  rest();
}

void Pager::save(bool news, const Moment& now) {
  if (unsaved_) {
    if (store_.wait(*unsaved_, std::chrono::steady_clock::now())) {
      unsaved_.reset();
      outbox_.saved();
    } else if (*unsaved_ == 0) {
      outbox_.save_again();
    }
  }
  std::vector<slo::Document> documents = outbox_.take_changes(now);
  if (documents.empty()) return;
  const slo::Ticket ticket = store_.write({}, std::move(documents));
  if (unsaved_) unsaved_ = ticket;
  if (!news) return;
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(spec_.commit_wait_ms);
  if (store_.wait(ticket, deadline)) return;
  outbox_.mark_unsaved();
  unsaved_ = ticket;
}

void Pager::send(const Moment& now) {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    Member& member = members_[i];
    if (member.busy) continue;
    if (member.failures_in_a_row > 0 && boot_ms(now) < member.retry_ms) continue;
    member.busy = start_sending(i, now) || start_asking(i, now);
  }
}

bool Pager::start_sending(std::size_t number, const Moment& now) {
  Member& member = members_[number];
  const bool signal = signal_is_due(member, now);
  if (signal) member.signalled_ms = boot_ms(now);
  if (member.receiver.kind == ReceiverKind::kHeartbeat) {
    if (signal) notifier_.send(number, {});
    return signal;
  }
  member.in_flight = outbox_.due(member.receiver.endpoint.url, now, member.batch);
  if (member.in_flight.empty()) member.batch = kMaxBatch;
  if (signal) member.in_flight.push_back(watchdog(now));
  if (member.in_flight.empty()) return false;
  notifier_.send(number, member.in_flight);
  return true;
}

bool Pager::start_asking(std::size_t number, const Moment& now) {
  Member& member = members_[number];
  if (member.receiver.kind != ReceiverKind::kAlertmanager || outbox_.firing().empty()) return false;
  if (member.asked_ms && boot_ms(now) - *member.asked_ms < kAskMs) return false;
  member.asked_ms = boot_ms(now);
  return notifier_.ask(number);
}

bool Pager::gives_signals(const Member& member) const {
  return member.receiver.kind == ReceiverKind::kHeartbeat ||
         (member.receiver.kind == ReceiverKind::kAlertmanager && spec_.watchdog);
}

// A judge that hangs must be missed, so it is its judgements that give signs of life.
bool Pager::signal_is_due(const Member& member, const Moment& now) const {
  if (!gives_signals(member) || judged_ms_ == 0 || boot_ms(now) - judged_ms_ > kFreshMs)
    return false;
  return !member.signalled_ms || boot_ms(now) - *member.signalled_ms >= spec_.resend_delay_ms;
}

Message Pager::watchdog(const Moment& now) const {
  Message message;
  Labels labels = spec_.external_labels;
  labels["alertname"] = "Watchdog";
  labels["origin"] = "daemon";
  labels["severity"] = "none";
  message.alert.labels = clean_labels(labels);
  message.alert.annotations = {
      {"summary", "This alert always fires."},
      {"description",
       "It shows that the daemon judges and that its alerts go out. When it stops arriving, the "
       "dead man's switch has to page."},
      {"runbook_url", runbook_page(spec_, "Watchdog")}};
  message.alert.starts_at_ms = started_unix_ms_;
  message.ends_at_ms = std::max(now.real_ns / kNsPerMs, started_unix_ms_) +
                       Outbox::kEndsAfterResends * std::max(kTurn.count(), spec_.resend_delay_ms);
  return message;
}

void Pager::settle(const std::vector<Outcome>& outcomes, const Moment& now) {
  for (const Outcome& outcome : outcomes) {
    Member& member = members_[outcome.member];
    member.busy = false;
    note_test(outcome);
    if (outcome.asked) {
      // It is only for information: whether alerts get there is seen when they are sent.
      if (outcome.reply == Reply::kTaken) outbox_.seen(outcome.states, now);
      continue;
    }
    if (outcome.reply == Reply::kTaken) {
      taken(member, now);
    } else {
      not_taken(member, outcome, now);
    }
    member.in_flight.clear();
  }
  if (!outcomes.empty()) publish_status();
}

void Pager::taken(Member& member, const Moment& now) {
  if (member.status.failing) {
    log(LogLevel::kInfo, "alerts are taken again", {{"receiver", member.status.name}});
  }
  outbox_.taken(member.receiver.endpoint.url, member.in_flight, now);
  member.status.sent += member.in_flight.size();
  member.status.last_success_ms = now.real_ns / kNsPerMs;
  member.status.failing = false;
  member.failures_in_a_row = 0;
}

void Pager::not_taken(Member& member, const Outcome& outcome, const Moment& now) {
  if (!member.status.failing) {
    log(LogLevel::kError, "alerts are not taken",
        {{"receiver", member.status.name}, {"error", outcome.reason}});
  }
  ++member.status.failures;
  member.status.failing = true;
  member.status.last_error = outcome.reason;
  if (outcome.reply == Reply::kRefused) {
    if (member.in_flight.size() == 1) {
      log(LogLevel::kError, "an alert is refused",
          {{"receiver", member.status.name},
           {"alert", member.in_flight.front().key},
           {"error", outcome.reason}});
      outbox_.refused(member.receiver.endpoint.url, member.in_flight.front(), now);
    }
    member.batch = 1;
    return;
  }
  outbox_.failed(member.receiver.endpoint.url);
  const auto step = std::min<std::size_t>(static_cast<std::size_t>(member.failures_in_a_row),
                                          kBackoffMs.size() - 1);
  ++member.failures_in_a_row;
  member.retry_ms = boot_ms(now) + kBackoffMs[step];
}

void Pager::publish_status() {
  auto status = std::make_shared<PagerStatus>();
  for (const Member& member : members_) status->members.push_back(member.status);
  status->firing = outbox_.firing();
  status->pending = evaluator_.pending();
  status->undelivered = outbox_.undelivered();
  status->attention = outbox_.attention();
  status->dropped = outbox_.dropped();
  status->durable = !unsaved_.has_value();
  status->test = tested_;
  const std::scoped_lock lock(mutex_);
  status_ = std::move(status);
}

}  // namespace alerts
