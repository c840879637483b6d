#include "slo/probe_source.h"

namespace slo {

using exporter::ProbeOutcome;
using exporter::ProbePhase;
using exporter::UnknownCause;

State state_of(const exporter::ProbeResult& result) {
  switch (result.outcome) {
    case ProbeOutcome::kGood: return State::kUp;
    case ProbeOutcome::kBad: return State::kDown;
    case ProbeOutcome::kUnknown: return State::kUnknown;
  }
  return State::kUnknown;
}

Cause cause_of(const exporter::ProbeResult& result) {
  if (result.outcome == ProbeOutcome::kGood) return Cause::kNone;
  if (result.outcome == ProbeOutcome::kUnknown) {
    switch (result.cause) {
      case UnknownCause::kNoRoute: return Cause::kNoRoute;
      case UnknownCause::kNoResolver: return Cause::kNoResolver;
      case UnknownCause::kNetwork: return Cause::kNetwork;
      case UnknownCause::kLocal: return Cause::kLocal;
      case UnknownCause::kStopped: return Cause::kMonitorStopped;
      case UnknownCause::kNone:
      case UnknownCause::kLate:
      case UnknownCause::kStalled: return Cause::kStalled;
    }
  }
  switch (result.phase) {
    case ProbePhase::kResolve: return Cause::kDns;
    case ProbePhase::kConnect: return Cause::kConnect;
    case ProbePhase::kTls: return Cause::kTls;
    case ProbePhase::kTimeout: return Cause::kTimeout;
    case ProbePhase::kNone:
    case ProbePhase::kHttp:
    case ProbePhase::kContent: return Cause::kResponse;
  }
  return Cause::kResponse;
}

bool ProbeSource::put(const Event& event) {
  const std::lock_guard guard(lock_);
  if (waiting_.size() >= kMaxWaiting) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  waiting_.push_back(event);
  if (const auto found = followers_.find(event.id); found != followers_.end()) {
    for (const SloId follower : found->second) {
      waiting_.push_back(event);
      waiting_.back().id = follower;
    }
  }
  return true;
}

void ProbeSource::on_sent(std::uint64_t probe_id, std::uint64_t, const exporter::Moment& sent) {
  if (probe_id >= kFirstForeignId) return;
  put({static_cast<SloId>(probe_id), sent.boot_ns, false, State::kUnknown, Cause::kNone});
}

void ProbeSource::on_result(const exporter::ProbeResult& result) {
  // Given up by us, it says nothing; the sample before it goes on speaking.
  if (result.cause == UnknownCause::kStopped || result.probe_id >= kFirstForeignId) return;
  if (put({static_cast<SloId>(result.probe_id), result.sent.boot_ns, true, state_of(result),
           cause_of(result), result.confirming})) {
    wake_();
  }
}

void ProbeSource::set_followers(std::map<SloId, std::vector<SloId>> followers) {
  const std::lock_guard guard(lock_);
  followers_ = std::move(followers);
}

void ProbeSource::feed(Engine& engine, const exporter::Moment& now) {
  {
    const std::lock_guard guard(lock_);
    taken_.swap(waiting_);
  }
  for (const Event& event : taken_) {
    if (event.has_result) {
      engine.on_sample(event.id, event.sent_boot_ns, event.state, event.cause, now, event.evidence);
    } else {
      engine.on_sent(event.id, event.sent_boot_ns, now);
    }
  }
  taken_.clear();
}

}  // namespace slo
