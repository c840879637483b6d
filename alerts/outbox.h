// What each Alertmanager has still to be told. A row per alert, and in it the state of delivery of
// every member by itself; rows live in the store, so that kill -9 forgets neither an active alert
// nor one that resolved. Time inside is CLOCK_BOOTTIME in milliseconds; rows on disk hold Unix
// time. Alert thread.
//
// Rules (those of Prometheus' alert generators, and two of ours):
//  - An active alert is sent at once and again whenever the last answer is older than the resend
//    delay; with endsAt = now + 4 resend delays, so that it ends by itself when we are gone.
//  - A resolved one is sent at once, then again each resend delay for resolved_retention, with
//    endsAt = the time it resolved; until every member has taken it, however long that takes. A new
//    alert with the same labels takes its place.
//  - What a member has not answered with 2xx it has not got.
//  - Alertmanager says nothing of an alert that resolves within its group_wait, and when it dies it
//    forgets alerts and what it said of them. So an alert counts as announced when some member took
//    it as active and, a resend delay later, once more; and no more when the last such member
//    failed since. One that resolved unannounced is sent as active, with a note that it is over,
//    until it is announced; then as resolved.
//  - A webhook is no Alertmanager: it is told once that an alert fires, then once that it is over.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "alerts/alert.h"
#include "alerts/notifier.h"
#include "alerts/spec.h"
#include "exporter/core/clock.h"
#include "slo/store.h"

namespace alerts {

// Of one alert to one member.
struct Delivery {
  std::optional<std::int64_t> taken_ms;         // the last 2xx
  std::optional<std::int64_t> active_since_ms;  // first 2xx of an unbroken run as active
  std::optional<std::int64_t> refused_ms;       // the member answered that it does not want it
  bool told_resolved = false;
};

struct OutboxRow {
  Alert alert;
  std::int64_t resolved_ms = 0;  // boot time of alert.resolved_at_ms
  bool announced = false;
  bool unsaved = false;                        // sent before it was durable; not stored
  std::int64_t acknowledged_at_ms = 0;         // Unix; first seen silenced, 0 for not yet
  std::map<std::string, Delivery> deliveries;  // by the URL of the member
};

class Outbox {
 public:
  static constexpr char kCollection[] = "outbox";
  static constexpr std::size_t kMaxRows = 10'000;
  static constexpr std::int64_t kEndsAfterResends = 4;

  // spec must outlive this.
  explicit Outbox(const AlertingSpec& spec) : spec_(spec) {}

  // Rows that cannot be read are left out and removed from the store; how many there were. Before
  // anything else.
  std::size_t restore(const std::vector<slo::Document>& documents, const exporter::Moment& now);
  std::vector<Alert> firing() const;
  // The spec names others now: who is new is told everything, who is gone nothing more.
  void members_changed();

  // What an evaluation gave: active alerts (new annotations go out with the next resend) and ones
  // that resolved. True when something fired or resolved, so that it should be durable before
  // it is sent. Forgets what needs no more sending.
  bool update(const std::vector<Alert>& alerts, const exporter::Moment& now);

  // Rows that changed since the last call, for the store.
  std::vector<slo::Document> take_changes(const exporter::Moment& now);
  // What fired or resolved in the last update is not durable, so its annotations say so, until
  // saved() is called.
  void mark_unsaved();
  void saved();
  // Writes the unsaved rows again with the next take_changes().
  void save_again();

  // At most `limit` messages that `member` needs now, those it never got first.
  std::vector<Message> due(const std::string& member, const exporter::Moment& now,
                           std::size_t limit) const;
  void taken(const std::string& member, const std::vector<Message>& messages,
             const exporter::Moment& now);
  // The member answered that it will not have this one message.
  void refused(const std::string& member, const Message& message, const exporter::Moment& now);
  // A send failed, for whatever reason: an Alertmanager may have lost what it had.
  void failed(const std::string& member);

  // What an Alertmanager says it does with our alerts. One that is seen silenced for the first time
  // was acknowledged now.
  void seen(const std::vector<AlertState>& states, const exporter::Moment& now);

  std::size_t rows() const { return rows_.size(); }
  std::size_t undelivered() const;  // rows that some member has not taken in their present state
  std::uint64_t dropped() const { return dropped_; }

  // Of alerts that fire now, as of the last seen(); and of all acknowledgements of this run.
  struct Attention {
    std::size_t silenced = 0;
    std::size_t inhibited = 0;
    std::uint64_t acknowledged = 0;
    std::int64_t acknowledge_ms_sum = 0;  // from firing to silenced
  };
  const Attention& attention() const { return attention_; }

 private:
  bool is_webhook(const std::string& member) const;
  // Whether a member has still to be told that the alert fires.
  bool as_active(const OutboxRow& row, const std::string& member, const Delivery& delivery) const;
  bool is_due(const OutboxRow& row, const std::string& member, const Delivery& delivery,
              std::int64_t now_ms) const;
  bool is_done(const OutboxRow& row, std::int64_t now_ms) const;
  Message message_of(const std::string& key, const OutboxRow& row, const std::string& member,
                     const Delivery& delivery, const exporter::Moment& now) const;
  OutboxRow* row_of(const Message& message);
  OutboxRow new_row(const Alert& alert) const;
  void make_room();

  const AlertingSpec& spec_;
  std::map<std::string, OutboxRow> rows_;  // by identity
  std::set<std::string> changed_;
  std::vector<std::string> news_;  // of the last update
  std::uint64_t dropped_ = 0;
  Attention attention_;
};

}  // namespace alerts
