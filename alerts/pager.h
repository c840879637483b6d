// The alert thread: evaluates each published judgement and at least every second, makes what fired
// or resolved durable, and sees to it that every Alertmanager gets it. While nothing fires, is
// pending or is still to be told, it rests: then only a judgement that has a cause for an alert
// wakes it, at once, and the time of the next sign of life. Nothing here waits for the engine, and
// nothing waits for the pager.
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

// What became of a test page, as of the last turn.
struct TestPage {
  struct Member {
    std::string name;  // of the receiver
    ReceiverKind kind = ReceiverKind::kAlertmanager;
    bool taken = false;
    std::string reason;                  // why not, so far
    bool asked = false;                  // where it goes: this Alertmanager said so
    std::vector<std::string> receivers;  // whom it notifies
    bool silenced = false;
    bool inhibited = false;
  };
  std::int64_t starts_at_ms = 0;  // Unix
  bool durable = false;           // it was on disk before it was sent
  std::vector<Member> members;    // without the heartbeat
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
  std::optional<TestPage> test;
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

  // Others are told from the next turn on, in other words perhaps; what fires goes on and is told
  // to those who are new. Requests that are on their way get a moment to end, so that no webhook is
  // told twice. Any thread.
  void apply(AlertingSpec spec);

  // One marked alert goes the way of all others: to disk, then to everybody. It is over a minute
  // later. Any thread; status() says what became of it.
  void page_test();

  // The newest judgement. Any thread, never blocks for long.
  void publish(std::shared_ptr<const slo::Snapshot> snapshot);
  // Any thread; never nullptr.
  std::shared_ptr<const PagerStatus> status() const;

  // What the thread does, in its two halves; for tests, which then do not start it. After a turn
  // rests() says whether the next one has to come without a call for it.
  void turn(const exporter::Moment& now);
  void settle(const std::vector<Outcome>& outcomes, const exporter::Moment& now);
  bool rests() const;

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
  void take_new_spec();
  void add_test(std::vector<Alert>& alerts, const exporter::Moment& now);
  void note_test(const Outcome& outcome);
  void save(bool news, const exporter::Moment& now);
  void send(const exporter::Moment& now);
  bool start_sending(std::size_t number, const exporter::Moment& now);
  bool start_asking(std::size_t number, const exporter::Moment& now);
  bool gives_signals(const Member& member) const;
  bool signal_is_due(const Member& member, const exporter::Moment& now) const;
  void rest();
  Message watchdog(const exporter::Moment& now) const;
  void taken(Member& member, const exporter::Moment& now);
  void not_taken(Member& member, const Outcome& outcome, const exporter::Moment& now);
  void publish_status();

  AlertingSpec spec_;  // the evaluator and the outbox read it, too
  slo::Store& store_;
  Notifier& notifier_;
  const exporter::Clock& clock_;

  Evaluator evaluator_;
  Outbox outbox_;
  std::vector<Member> members_;
  std::optional<slo::Ticket> unsaved_;  // of the newest write that was not durable in time

  std::optional<Alert> test_;       // the one that fires
  std::optional<TestPage> tested_;  // the newest

  std::int64_t started_unix_ms_ = 0;
  std::int64_t judged_ms_ = 0;  // boot time of the judgement that the last turn saw

  mutable std::mutex mutex_;  // guards the seven below
  bool rests_ = false;
  std::int64_t signal_due_ms_ = 0;  // boot time; of the next sign of life
  bool test_wanted_ = false;
  std::optional<AlertingSpec> new_spec_;
  std::int64_t published_ms_ = 0;
  std::shared_ptr<const slo::Snapshot> snapshot_;
  std::shared_ptr<const PagerStatus> status_;

  std::jthread thread_;
};

}  // namespace alerts
