#include "slo/incident_view.h"

#include <algorithm>
#include <limits>

#include "slo/incidents.h"

namespace slo {
namespace {

// The state seen through the overlay, stretch by stretch, in [from_ms, to_ms).
template <class Visit>
void each_stretch(const StateLog& log, const Overlay& overlay, std::int64_t from_ms,
                  std::int64_t to_ms, Visit visit) {
  const auto& changes = log.changes();
  auto next = std::ranges::upper_bound(changes, from_ms, {}, &StateLog::Change::t_ms);
  for (std::int64_t t_ms = from_ms; t_ms < to_ms;) {
    std::int64_t until_ms = next == changes.end() ? to_ms : std::min(to_ms, next->t_ms);
    if (const auto edge = overlay.next_edge(t_ms + 1)) until_ms = std::min(until_ms, *edge);
    State state = next == changes.begin() ? State::kUnknown : std::prev(next)->state;
    if (overlay.contains(t_ms)) state = State::kExcluded;
    visit(state, t_ms, until_ms);
    t_ms = until_ms;
    while (next != changes.end() && next->t_ms <= t_ms) ++next;
  }
}

}  // namespace

std::optional<IncidentRecord> seen_through(const IncidentRecord& incident, const StateLog& log,
                                           const Overlay& overlay, std::int64_t until_ms) {
  const std::int64_t end_ms = incident.open ? until_ms : incident.end_ms;
  constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  std::int64_t first_down_ms = kNever;
  std::int64_t ended_ms = kNever;
  const auto visit = [&](State state, std::int64_t begin_ms, std::int64_t) {
    if (state == State::kDown) {
      first_down_ms = std::min(first_down_ms, begin_ms);
      ended_ms = kNever;
    } else if (state != State::kUnknown && first_down_ms != kNever) {
      ended_ms = std::min(ended_ms, begin_ms);
    }
  };
  each_stretch(log, overlay, incident.start_ms, end_ms, visit);
  if (first_down_ms == kNever) return std::nullopt;
  IncidentRecord seen = incident;
  if (first_down_ms != incident.start_ms) {
    seen.start_ms = first_down_ms;
    seen.start_earliest_ms = first_down_ms;
    seen.detected_ms = std::max(seen.detected_ms, seen.start_ms);
  }
  if (!seen.open && ended_ms != kNever) {
    seen.end_ms = ended_ms;
    seen.end_earliest_ms = std::min(seen.end_earliest_ms, seen.end_ms);
  }
  measure(seen, log, overlay, until_ms);
  return seen;
}

}  // namespace slo
