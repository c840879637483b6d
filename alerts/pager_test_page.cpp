// The test page's part of the pager: an alert that somebody asked for joins those of the evaluator,
// so that all that follows, disk, outbox, senders, is the same.
#include <algorithm>
#include <utility>

#include "alerts/pager.h"
#include "alerts/words.h"
#include "exporter/core/clock.h"

namespace alerts {
namespace {

using exporter::kNsPerMs;
using exporter::Moment;

constexpr std::int64_t kTestLastsMs = 60'000;

}  // namespace

void Pager::page_test() {
  {
    const std::scoped_lock lock(mutex_);
    test_wanted_ = true;
  }
  notifier_.wake();
}

void Pager::add_test(std::vector<Alert>& alerts, const Moment& now) {
  bool wanted = false;
  {
    const std::scoped_lock lock(mutex_);
    wanted = std::exchange(test_wanted_, false);
  }
  const std::int64_t unix_ms = now.real_ns / kNsPerMs;
  if (wanted) {
    test_ = test_alert(spec_, unix_ms);
    tested_ = TestPage{.starts_at_ms = unix_ms, .members = {}};
    for (Member& member : members_) {
      if (member.receiver.kind == ReceiverKind::kHeartbeat) continue;
      tested_->members.push_back({.name = member.status.name,
                                  .kind = member.receiver.kind,
                                  .reason = "",
                                  .receivers = {}});
      member.asked_ms.reset();
      member.retry_ms = 0;
    }
  }
  if (!test_) return;
  const bool over = unix_ms - test_->starts_at_ms >= kTestLastsMs;
  if (over) test_->resolved_at_ms = unix_ms;
  alerts.push_back(*test_);
  if (over) test_.reset();
}

void Pager::note_test(const Outcome& outcome) {
  if (!tested_) return;
  const Member& member = members_[outcome.member];
  const auto noted =
      std::ranges::find(tested_->members, member.status.name, &TestPage::Member::name);
  if (noted == tested_->members.end()) return;
  const auto is_test = [this](const Labels& labels) { return test_ && labels == test_->labels; };
  if (outcome.asked) {
    for (const AlertState& state : outcome.states) {
      if (!noted->taken || !is_test(state.labels)) continue;
      noted->asked = true;
      noted->receivers = state.receivers;
      noted->silenced = state.silenced;
      noted->inhibited = state.inhibited;
    }
    return;
  }
  if (std::ranges::none_of(member.in_flight, [&](const Message& message) {
        return is_test(message.alert.labels) && message.alert.starts_at_ms == tested_->starts_at_ms;
      })) {
    return;
  }
  noted->taken = outcome.reply == Reply::kTaken;
  noted->reason = outcome.reason;
}

}  // namespace alerts
