// Probes stand in a queue in the order they were sent. Results are applied from its front, so one
// that overtakes an older probe waits; the decided frontier is the front of the queue, or now.
//
//   sent     A        B        C           now
//   result   good     -        bad              decided up to B: good. C waits for B.
#include "slo/hold.h"

#include <algorithm>

namespace slo {

void Hold::sent(std::int64_t sent_ms) {
  if (sent_ms <= newest_ms_ || flights_.size() >= kMaxInFlight) return;
  newest_ms_ = sent_ms;
  Flight flight;
  flight.sent_ms = sent_ms;
  cut(flight);
  flights_.push_back(flight);
}

bool Hold::result(const Sample& sample) {
  const auto flight = std::find_if(flights_.begin(), flights_.end(),
                                   [&](const Flight& f) { return f.sent_ms == sample.sent_ms; });
  if (flight != flights_.end()) {
    if (flight->resolved) return false;
    resolve(*flight, sample);
    return true;
  }
  if (sample.sent_ms <= newest_ms_) return false;
  newest_ms_ = sample.sent_ms;
  Flight late;
  late.sent_ms = sample.sent_ms;
  cut(late);
  resolve(late, sample);
  flights_.push_back(late);
  return true;
}

void Hold::resolve(Flight& flight, const Sample& sample) {
  flight.resolved = true;
  flight.state = sample.state;
  flight.cause = sample.cause;
  flight.evidence = sample.evidence;
  if (sample.state == State::kDown && flight.blind != Cause::kNone) {
    flight.state = State::kUnknown;
    flight.cause = flight.blind;
  }
}

// Marks a probe by the last blind stretch if it was in flight then.
void Hold::cut(Flight& flight) const {
  if (flight.sent_ms >= blind_to_ms_) return;
  if (!flight.resolved && flight.blind == Cause::kNone) flight.blind = blind_cause_;
  if (flight.sent_ms <= blind_from_ms_ && blind_from_ms_ < flight.cut_ms) {
    flight.cut_ms = blind_from_ms_;
    flight.blind = blind_cause_;
  }
}

void Hold::blind(std::int64_t from_ms, std::int64_t to_ms, Cause cause) {
  blind_from_ms_ = from_ms;
  blind_to_ms_ = to_ms;
  blind_cause_ = cause;
  for (Flight& flight : flights_) cut(flight);
  if (holding_) cut(current_);
}

void Hold::cancel() {
  std::erase_if(flights_, [](const Flight& flight) { return !flight.resolved; });
}

std::int64_t Hold::expiry_ms() const {
  return std::max(settled_ms_, std::min(current_.sent_ms + hold_ms_, current_.cut_ms));
}

bool Hold::next(std::int64_t now_ms, Decided& decided) {
  while (!flights_.empty() && !flights_.front().resolved &&
         now_ms - flights_.front().sent_ms > hold_ms_) {
    flights_.erase(flights_.begin());
  }
  const bool sample_ready = !flights_.empty() && flights_.front().resolved;
  std::int64_t frontier_ms = now_ms;
  if (!flights_.empty()) frontier_ms = std::min(now_ms, flights_.front().sent_ms);
  if (holding_ && frontier_ms > expiry_ms()) {
    const bool cut_short = current_.cut_ms < current_.sent_ms + hold_ms_;
    decided = {expiry_ms(), State::kUnknown, cut_short ? current_.blind : Cause::kLapsed, false};
    settled_ms_ = decided.t_ms;
    holding_ = false;
    return true;
  }
  settled_ms_ = std::max(settled_ms_, frontier_ms);
  if (!sample_ready) return false;
  current_ = flights_.front();
  flights_.erase(flights_.begin());
  holding_ = true;
  decided = {settled_ms_, current_.state, current_.cause,
             current_.state != State::kUnknown && !current_.evidence};
  return true;
}

}  // namespace slo
