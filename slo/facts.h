// What the judge wants remembered, as plain rows. The engine hands them out (Engine::take_facts),
// the store writes each batch in one transaction and gives everything back at the next start in
// the same struct. No behaviour here; owned by whoever holds the struct, any thread.
//
// All *_ms are milliseconds on the internal axis T (slo/timeline.h) unless the name says
// otherwise: T never jumps, neither when the wall clock is set nor at a reboot, so no row is ever
// rewritten because of a clock. BootRow gives the labels for people: UTC = T + correction_ms.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "slo/state.h"

namespace slo {

// Given by the engine, unique for ever in one history, from 1.
using SloId = std::int64_t;

// Key: id; (service, slo, generation) is unique too. A changed meaning of "good" is a new
// generation and so a new row; a changed objective, window or alert is not.
struct SloRow {
  SloId id = 0;
  std::string service;
  std::string slo;
  std::uint64_t generation = 0;
  std::int64_t since_ms = 0;  // measured since
  bool operator==(const SloRow&) const = default;
};

// Key: boot_id; written again when the wall clock was set.
struct BootRow {
  std::string boot_id;             // /proc/sys/kernel/random/boot_id
  std::int64_t t_start_ms = 0;     // labels of this boot hold from here to the next row's start
  std::int64_t correction_ms = 0;  // UTC milliseconds = T + correction_ms
  bool operator==(const BootRow&) const = default;
};

// Key: (slo, t_ms): a later change with the same t_ms replaces the earlier one. The state holds
// until the next change. Within one objective the changes come in order of t_ms.
struct StateChange {
  SloId slo = 0;
  std::int64_t t_ms = 0;
  State state = State::kUnknown;  // never kExcluded
  Cause cause = Cause::kNone;
  bool operator==(const StateChange&) const = default;
};

// Key: (slo, id); written when an incident is declared, ends, or opens again within merge_gap.
// Times are half-open: the incident is [start_ms, end_ms).
struct IncidentRecord {
  SloId slo = 0;
  std::int64_t id = 0;                 // from 1 within one objective
  std::int64_t start_ms = 0;           // first bad sample (back-dated)
  std::int64_t start_earliest_ms = 0;  // last good sample before it
  std::int64_t detected_ms = 0;        // when it was declared
  std::int64_t end_ms = 0;             // first good sample; meaningless while open
  std::int64_t end_earliest_ms = 0;    // last bad sample
  std::int64_t down_ms = 0;            // while open: as of the last write
  std::int64_t unknown_ms = 0;
  std::int64_t excluded_ms = 0;  // maintenance in the middle of it
  bool open = false;
  Cause cause = Cause::kNone;  // of the first bad sample; not stored: the change then has it
  // Maintenance does not lengthen an incident.
  std::int64_t duration_ms() const { return end_ms - start_ms - excluded_ms; }
  bool operator==(const IncidentRecord&) const = default;
};

// Upper bounds of slo_incident_duration_seconds; the last bucket, +Inf, has no entry here.
inline constexpr std::array<std::int64_t, 10> kDurationBoundsSeconds = {
    10, 30, 60, 120, 300, 600, 1800, 3600, 14400, 86400};

// Where the count of consecutive samples stands (slo/incidents.h).
struct IncidentGate {
  std::int64_t last_good_ms = 0;  // valid if seen_good
  std::int64_t last_bad_ms = 0;
  std::int64_t run_start_ms = 0;     // first bad sample of an undeclared run, or
  std::int64_t run_earliest_ms = 0;  // first good sample of an unfinished recovery
  std::int64_t excluded_from_ms = 0;
  std::int32_t bad_run = 0;
  std::int32_t good_run = 0;
  bool seen_good = false;
  bool in_excluded = false;  // no known sample yet since excluded_from_ms
  bool operator==(const IncidentGate&) const = default;
};

// Everything of one objective that must go on growing after a restart. Key: id.
struct SloCounters {
  SloId id = 0;
  std::int64_t t_ms = 0;                             // of the heartbeat that wrote it
  std::int64_t settled_ms = 0;                       // the counters are right up to here
  std::array<std::int64_t, kStateCount> state_ms{};  // indexed by State
  std::int64_t events_good = 0;
  std::int64_t events_bad = 0;
  std::int64_t incidents = 0;
  std::int64_t detections = 0;  // slo_detection_delay_seconds: count and sum
  std::int64_t detection_delay_ms = 0;
  std::array<std::int64_t, kDurationBoundsSeconds.size() + 1> durations{};  // not cumulative
  std::int64_t durations_ms = 0;                                            // their sum
  std::uint32_t firing = 0;                                                 // bit per alert row
  std::vector<std::int64_t> recent_bad;  // times of the last bad events, oldest first
  IncidentGate gate;
  bool operator==(const SloCounters&) const = default;
};

// Key: (slo, begin_ms); a part of an objective's log of events (slo/event_log.h), written again as
// it grows. Without bytes the row goes.
struct EventBlock {
  SloId slo = 0;
  std::int64_t begin_ms = 0;
  // slo_events_total when it was written: the newest row may be newer than the counters.
  std::int64_t events_good = 0;
  std::int64_t events_bad = 0;
  std::optional<std::string> bytes;
  bool operator==(const EventBlock&) const = default;
};

enum class StopReason : std::uint8_t { kNone = 0, kStop = 1, kUpgrade = 2, kShutdown = 3 };

// One row, replaced every heartbeat interval and once more at a clean stop. `counters` holds the
// objectives configured at that time; when read back, the last counters of every objective ever
// written (the store keeps them by id), so that a removed objective can come back.
struct Heartbeat {
  std::string boot_id;
  std::int64_t t_ms = 0;
  std::int64_t real_ms = 0;  // CLOCK_REALTIME
  std::int64_t boot_ms = 0;  // CLOCK_BOOTTIME
  std::int64_t mono_ms = 0;  // CLOCK_MONOTONIC
  bool clean = false;        // the daemon stopped on request, for this reason
  StopReason reason = StopReason::kNone;
  std::int64_t clock_step_ms = 0;  // fournines_clock_step_seconds_total
  // fournines_gap_seconds_total by number of Cause; shorter or longer rows are read as they are
  std::vector<std::int64_t> gap_ms;
  std::vector<SloCounters> counters;
  bool operator==(const Heartbeat&) const = default;
};

// A batch to write, in the order of the fields; or, read back, the whole history: changes ordered
// by (slo, t_ms) and reaching back at least as far as the longest window wants, incidents by
// (slo, id), events by (slo, begin_ms), boots by t_start_ms.
struct Facts {
  std::vector<SloRow> slos;
  std::vector<BootRow> boots;
  std::vector<StateChange> changes;
  std::vector<IncidentRecord> incidents;
  std::vector<EventBlock> events;
  std::optional<Heartbeat> heartbeat;
  bool empty() const {
    return slos.empty() && boots.empty() && changes.empty() && incidents.empty() &&
           events.empty() && !heartbeat;
  }
};

}  // namespace slo
