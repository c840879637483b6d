// The schema of fournines.db, one entry per table: how it is created, in which order it is read,
// which fields of the row its columns are, and which rows are possible at all. Every table ends
// with the row's checksum (slo/sqlite_codec.h). Columns named in the text of slo/facts.h.
//
// fields() takes a row apart by structured binding, so that a field added to the row does not
// compile until it has a column here (and the schema a new version).
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <tuple>

#include "slo/store.h"

namespace slo {

// The header field application_id: "9nin".
inline constexpr std::int64_t kApplicationId = 0x396E696E;
inline constexpr std::int64_t kSchemaVersion = 2;  // 2: events

// The header field user_version holds the version twice, in both halves, so that a flipped bit is
// damage and not a newer schema.
constexpr std::int64_t stored_version(std::int64_t version) { return version << 16 | version; }

// Bounds of a time in milliseconds: 200,000 years either way leave room for sums.
constexpr bool is_time(std::int64_t ms) { return -(1LL << 52) < ms && ms < (1LL << 52); }

// The last two heartbeats stand in turn in slots 0 and 1: the loss of one costs one interval.
struct HeartbeatSlot {
  std::int64_t slot = 0;
  Heartbeat heartbeat;  // without its counters, which are a table of their own
};

template <class Row>
struct Table;

template <>
struct Table<SloRow> {
  static constexpr std::string_view kName = "slos";
  static constexpr std::string_view kDefinition =
      "CREATE TABLE slos(id INTEGER PRIMARY KEY, service TEXT NOT NULL, slo TEXT NOT NULL, "
      "generation INTEGER NOT NULL, since_ms INTEGER NOT NULL, sum INTEGER NOT NULL) STRICT";
  static constexpr std::string_view kOrder = "id";

  static auto fields(auto& row) {
    auto& [id, service, slo, generation, since_ms] = row;
    return std::tie(id, service, slo, generation, since_ms);
  }
  static bool valid(const SloRow& row) { return row.id >= 1 && is_time(row.since_ms); }
};

template <>
struct Table<BootRow> {
  static constexpr std::string_view kName = "boots";
  static constexpr std::string_view kDefinition =
      "CREATE TABLE boots(boot_id TEXT PRIMARY KEY NOT NULL, t_start_ms INTEGER NOT NULL, "
      "correction_ms INTEGER NOT NULL, sum INTEGER NOT NULL) STRICT, WITHOUT ROWID";
  static constexpr std::string_view kOrder = "t_start_ms, boot_id";

  static auto fields(auto& row) {
    auto& [boot_id, t_start_ms, correction_ms] = row;
    return std::tie(boot_id, t_start_ms, correction_ms);
  }
  static bool valid(const BootRow& row) {
    return is_time(row.t_start_ms) && is_time(row.correction_ms);
  }
};

template <>
struct Table<StateChange> {
  static constexpr std::string_view kName = "changes";
  static constexpr std::string_view kDefinition =
      "CREATE TABLE changes(slo INTEGER NOT NULL, t_ms INTEGER NOT NULL, state INTEGER NOT NULL, "
      "cause INTEGER NOT NULL, sum INTEGER NOT NULL, PRIMARY KEY (slo, t_ms)) STRICT, WITHOUT "
      "ROWID";
  static constexpr std::string_view kOrder = "slo, t_ms";

  static auto fields(auto& row) {
    auto& [slo, t_ms, state, cause] = row;
    return std::tie(slo, t_ms, state, cause);
  }
  static bool valid(const StateChange& row) {
    return is_time(row.t_ms) && row.state <= State::kUnknown;
  }
};

template <>
struct Table<IncidentRecord> {
  static constexpr std::string_view kName = "incidents";
  static constexpr std::string_view kDefinition =
      "CREATE TABLE incidents(slo INTEGER NOT NULL, id INTEGER NOT NULL, start_ms INTEGER NOT "
      "NULL, start_earliest_ms INTEGER NOT NULL, detected_ms INTEGER NOT NULL, end_ms INTEGER NOT "
      "NULL, end_earliest_ms INTEGER NOT NULL, down_ms INTEGER NOT NULL, unknown_ms INTEGER NOT "
      "NULL, excluded_ms INTEGER NOT NULL, open INTEGER NOT NULL, sum INTEGER NOT NULL, PRIMARY "
      "KEY (slo, id)) STRICT, WITHOUT ROWID";
  static constexpr std::string_view kOrder = "slo, id";

  static auto fields(auto& row) {
    auto& [slo, id, start_ms, start_earliest_ms, detected_ms, end_ms, end_earliest_ms, down_ms,
           unknown_ms, excluded_ms, open, cause_of_its_first_change] = row;
    return std::tie(slo, id, start_ms, start_earliest_ms, detected_ms, end_ms, end_earliest_ms,
                    down_ms, unknown_ms, excluded_ms, open);
  }
  static bool valid(const IncidentRecord& row) {
    return row.id >= 1 && is_time(row.start_ms) && is_time(row.start_earliest_ms) &&
           is_time(row.detected_ms) && is_time(row.end_ms) && is_time(row.end_earliest_ms) &&
           (row.open || row.end_ms >= row.start_ms) && row.down_ms >= 0 && row.unknown_ms >= 0 &&
           row.excluded_ms >= 0;
  }
};

template <>
struct Table<EventBlock> {
  static constexpr std::string_view kName = "events";
  static constexpr std::string_view kDefinition =
      "CREATE TABLE events(slo INTEGER NOT NULL, begin_ms INTEGER NOT NULL, events_good INTEGER "
      "NOT NULL, events_bad INTEGER NOT NULL, bytes BLOB NOT NULL, sum INTEGER NOT NULL, PRIMARY "
      "KEY (slo, begin_ms)) STRICT, WITHOUT ROWID";
  static constexpr std::string_view kOrder = "slo, begin_ms";

  static auto fields(auto& row) {
    auto& [slo, begin_ms, events_good, events_bad, bytes] = row;
    return std::tie(slo, begin_ms, events_good, events_bad, bytes);
  }
  static bool valid(const EventBlock& row) {
    return is_time(row.begin_ms) && row.events_good >= 0 && row.events_bad >= 0;
  }
};

template <>
struct Table<HeartbeatSlot> {
  static constexpr std::string_view kName = "heartbeats";
  static constexpr std::string_view kDefinition =
      "CREATE TABLE heartbeats(slot INTEGER PRIMARY KEY, boot_id TEXT NOT NULL, t_ms INTEGER NOT "
      "NULL, real_ms INTEGER NOT NULL, boot_ms INTEGER NOT NULL, mono_ms INTEGER NOT NULL, clean "
      "INTEGER NOT NULL, reason INTEGER NOT NULL, clock_step_ms INTEGER NOT NULL, gap_ms BLOB NOT "
      "NULL, sum INTEGER NOT NULL) STRICT";
  static constexpr std::string_view kOrder = "slot";

  static auto fields(auto& slot, auto& heartbeat) {
    auto& [boot_id, t_ms, real_ms, boot_ms, mono_ms, clean, reason, clock_step_ms, gap_ms,
           counters] = heartbeat;
    return std::tie(slot, boot_id, t_ms, real_ms, boot_ms, mono_ms, clean, reason, clock_step_ms,
                    gap_ms);
  }
  static auto fields(auto& row) { return fields(row.slot, row.heartbeat); }
  static bool valid(const HeartbeatSlot& row) {
    const Heartbeat& beat = row.heartbeat;
    return (row.slot == 0 || row.slot == 1) && is_time(beat.t_ms) && is_time(beat.real_ms) &&
           is_time(beat.boot_ms) && is_time(beat.mono_ms) && beat.reason <= StopReason::kShutdown;
  }
};

template <>
struct Table<SloCounters> {
  static constexpr std::string_view kName = "counters";
  static constexpr std::string_view kDefinition =
      "CREATE TABLE counters(slo INTEGER PRIMARY KEY, t_ms INTEGER NOT NULL, settled_ms INTEGER "
      "NOT NULL, state_ms BLOB NOT NULL, events_good INTEGER NOT NULL, events_bad INTEGER NOT "
      "NULL, incidents INTEGER NOT NULL, detections INTEGER NOT NULL, detection_delay_ms INTEGER "
      "NOT NULL, durations BLOB NOT NULL, durations_ms INTEGER NOT NULL, firing INTEGER NOT NULL, "
      "recent_bad BLOB NOT NULL, last_good_ms INTEGER NOT NULL, last_bad_ms INTEGER NOT NULL, "
      "run_start_ms INTEGER NOT NULL, run_earliest_ms INTEGER NOT NULL, excluded_from_ms INTEGER "
      "NOT NULL, bad_run INTEGER NOT NULL, good_run INTEGER NOT NULL, seen_good INTEGER NOT NULL, "
      "in_excluded INTEGER NOT NULL, sum INTEGER NOT NULL) STRICT";
  static constexpr std::string_view kOrder = "slo";

  static auto fields(auto& row) {
    auto& [id, t_ms, settled_ms, state_ms, events_good, events_bad, incidents, detections,
           detection_delay_ms, durations, durations_ms, firing, recent_bad, gate] = row;
    auto& [last_good_ms, last_bad_ms, run_start_ms, run_earliest_ms, excluded_from_ms, bad_run,
           good_run, seen_good, in_excluded] = gate;
    return std::tie(id, t_ms, settled_ms, state_ms, events_good, events_bad, incidents, detections,
                    detection_delay_ms, durations, durations_ms, firing, recent_bad, last_good_ms,
                    last_bad_ms, run_start_ms, run_earliest_ms, excluded_from_ms, bad_run, good_run,
                    seen_good, in_excluded);
  }
  static bool valid(const SloCounters& row) {
    const auto counts = [](std::int64_t value) { return value >= 0; };
    return is_time(row.t_ms) && is_time(row.settled_ms) &&
           std::ranges::all_of(row.state_ms, counts) &&
           std::ranges::all_of(row.durations, counts) && counts(row.events_good) &&
           counts(row.events_bad) && counts(row.incidents) && counts(row.detections) &&
           std::ranges::is_sorted(row.recent_bad) && std::ranges::all_of(row.recent_bad, is_time) &&
           row.gate.bad_run >= 0 && row.gate.good_run >= 0;
  }
};

template <>
struct Table<Document> {
  static constexpr std::string_view kName = "documents";
  static constexpr std::string_view kDefinition =
      "CREATE TABLE documents(collection TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, "
      "sum INTEGER NOT NULL, PRIMARY KEY (collection, key)) STRICT, WITHOUT ROWID";
  static constexpr std::string_view kOrder = "collection, key";

  static auto fields(auto& row) {
    auto& [collection, key, value] = row;
    return std::tie(collection, key, value);
  }
  static bool valid(const Document&) { return true; }
};

}  // namespace slo
