// A turn is: evaluate -> write what fired or resolved, wait for the disk -> send what is due to
// every member that is idle. The time between turns is spent in Notifier::wait(), which ends when
// an answer arrives or a judgement is published.
#include "alerts/pager.h"

#include <algorithm>
#include <array>
#include <utility>

#include "exporter/core/log.h"

namespace alerts {
namespace {

using exporter::log;
using exporter::LogLevel;
using exporter::Moment;

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::chrono::milliseconds kTurn{1000};
// Short, because a page may be waiting: an Alertmanager that is back has it within 5 s.
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
  for (const AlertmanagerSpec& member : spec_.alertmanagers) {
    members_.emplace_back().status.url = member.url;
  }
  if (const std::size_t bad = outbox_.restore(documents, clock_.now()); bad > 0) {
    log(LogLevel::kError, "alerts of an earlier run cannot be read and are forgotten",
        {{"count", static_cast<std::int64_t>(bad)}});
  }
  evaluator_.restore(outbox_.firing());
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
    settle(notifier_.wait(kTurn), clock_.now());
  }
}

void Pager::publish(std::shared_ptr<const slo::Snapshot> snapshot) {
  {
    const std::scoped_lock lock(mutex_);
    snapshot_.swap(snapshot);
  }
  notifier_.wake();
}

std::shared_ptr<const PagerStatus> Pager::status() const {
  const std::scoped_lock lock(mutex_);
  return status_;
}

void Pager::turn(const Moment& now) {
  std::shared_ptr<const slo::Snapshot> snapshot;
  {
    const std::scoped_lock lock(mutex_);
    snapshot = snapshot_;
  }
  // Before the first judgement nothing changes, but what already fires goes on being sent.
  const bool news = snapshot && outbox_.update(evaluator_.evaluate(*snapshot, now), now);
  save(news, now);
  send(now);
  publish_status();
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
    if (!member.in_flight.empty()) continue;
    if (member.failures_in_a_row > 0 && boot_ms(now) < member.retry_ms) continue;
    member.in_flight = outbox_.due(member.status.url, now, member.batch);
    if (member.in_flight.empty()) {
      member.batch = kMaxBatch;
    } else {
      notifier_.send(i, member.in_flight);
    }
  }
}

void Pager::settle(const std::vector<Outcome>& outcomes, const Moment& now) {
  for (const Outcome& outcome : outcomes) {
    Member& member = members_[outcome.member];
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
    log(LogLevel::kInfo, "Alertmanager takes alerts again", {{"url", member.status.url}});
  }
  outbox_.taken(member.status.url, member.in_flight, now);
  member.status.sent += member.in_flight.size();
  member.status.last_success_ms = now.real_ns / kNsPerMs;
  member.status.failing = false;
  member.failures_in_a_row = 0;
}

void Pager::not_taken(Member& member, const Outcome& outcome, const Moment& now) {
  if (!member.status.failing) {
    log(LogLevel::kError, "Alertmanager does not take alerts",
        {{"url", member.status.url}, {"error", outcome.reason}});
  }
  ++member.status.failures;
  member.status.failing = true;
  member.status.last_error = outcome.reason;
  if (outcome.reply == Reply::kRefused) {
    if (member.in_flight.size() == 1) {
      log(LogLevel::kError, "Alertmanager refuses an alert",
          {{"url", member.status.url},
           {"alert", member.in_flight.front().key},
           {"error", outcome.reason}});
      outbox_.refused(member.status.url, member.in_flight.front(), now);
    }
    member.batch = 1;
    return;
  }
  outbox_.failed(member.status.url);
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
  status->dropped = outbox_.dropped();
  status->durable = !unsaved_.has_value();
  const std::scoped_lock lock(mutex_);
  status_ = std::move(status);
}

}  // namespace alerts
