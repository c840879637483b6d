// The alert thread: evaluates each published judgement and at least every second, makes what fired
// or resolved durable, and sees to it that every Alertmanager gets it. Nothing here waits for the
// engine, and nothing waits for the pager.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "alerts/evaluator.h"
#include "alerts/notifier.h"
#include "alerts/outbox.h"
#include "alerts/receivers.h"
#include "alerts/spec.h"
#include "exporter/core/clock.h"
#include "slo/judgement.h"
#include "slo/store.h"

namespace alerts {

struct MemberStatus {
  std::string name;                  // of the receiver, for people
  std::uint64_t sent = 0;            // alerts that it took, resends counted
  std::uint64_t failures = 0;        // requests that it did not take
  std::int64_t last_success_ms = 0;  // Unix; 0: never
  bool failing = false;              // the last request was not taken
  std::string last_error;            // of the newest failure
};

// As of the last turn. Immutable.
struct PagerStatus {
  std::vector<MemberStatus> members;
  std::vector<Alert> firing;
  std::size_t pending = 0;
  std::size_t undelivered = 0;  // alerts that some member has still to take
  Outbox::Attention attention;
  std::uint64_t dropped = 0;  // given up because the outbox was full
  bool durable = true;        // nothing was sent that is not on disk
};

class Pager {
 public:
  static constexpr std::size_t kMaxBatch = 64;

  // store, notifier and clock must outlive this; notifier has the members of spec. `documents` are
  // those of the store's load(), others than the outbox's are passed over.
  Pager(AlertingSpec spec, const std::vector<slo::Document>& documents, slo::Store& store,
        Notifier& notifier, const exporter::Clock& clock);
  Pager(const Pager&) = delete;
  Pager& operator=(const Pager&) = delete;
  ~Pager() { stop(); }

  void start();
  // Ends the thread within commit_wait_ms; what was not delivered stays in the store. Idempotent.
  void stop();

  // The newest judgement. Any thread, never blocks for long.
  void publish(std::shared_ptr<const slo::Snapshot> snapshot);
  // Any thread; never nullptr.
  std::shared_ptr<const PagerStatus> status() const;

  // What the thread does, in its two halves; for tests, which then do not start it.
  void turn(const exporter::Moment& now);
  void settle(const std::vector<Outcome>& outcomes, const exporter::Moment& now);

 private:
  struct Member {
    Receiver receiver;
    MemberStatus status;
    bool busy = false;  // a request is on its way
    std::vector<Message> in_flight;
    std::size_t batch = kMaxBatch;  // 1 after a refusal, to find the alert that is not wanted
    int failures_in_a_row = 0;
    std::int64_t retry_ms = 0;                 // boot time, valid while failing
    std::optional<std::int64_t> signalled_ms;  // boot time of the last heartbeat or watchdog
    std::optional<std::int64_t> asked_ms;      // boot time
  };

  void run(const std::stop_token& stop);
  void save(bool news, const exporter::Moment& now);
  void send(const exporter::Moment& now);
  bool start_sending(std::size_t number, const exporter::Moment& now);
  bool start_asking(std::size_t number, const exporter::Moment& now);
  bool signal_is_due(const Member& member, const exporter::Moment& now) const;
  Message watchdog(const exporter::Moment& now) const;
  void taken(Member& member, const exporter::Moment& now);
  void not_taken(Member& member, const Outcome& outcome, const exporter::Moment& now);
  void publish_status();

  const AlertingSpec spec_;
  slo::Store& store_;
  Notifier& notifier_;
  const exporter::Clock& clock_;

  Evaluator evaluator_;
  Outbox outbox_;
  std::vector<Member> members_;
  std::optional<slo::Ticket> unsaved_;  // of the newest write that was not durable in time

  std::int64_t started_unix_ms_ = 0;
  std::int64_t judged_ms_ = 0;  // boot time of the judgement that the last turn saw

  mutable std::mutex mutex_;  // guards the three below
  std::int64_t published_ms_ = 0;
  std::shared_ptr<const slo::Snapshot> snapshot_;
  std::shared_ptr<const PagerStatus> status_;

  std::jthread thread_;
};

}  // namespace alerts
