// Incidents as a pure state machine over decided samples. `failures` bad samples in a row declare
// one, back-dated to the first of them; `successes` good ones in a row end it at the first of
// them. A failure within merge_gap of an end opens the same incident again. Unknown time keeps an
// incident open and counts for nothing; excluded time neither starts nor lengthens one: if the
// first known sample after it is good, the incident ended when the excluded time began. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "slo/facts.h"
#include "slo/overlay.h"
#include "slo/state_log.h"

namespace slo {

struct IncidentRules {
  int failures = 1;
  int successes = 1;
  std::int64_t merge_gap_ms = 60'000;
};

class Incidents {
 public:
  static constexpr std::size_t kDefaultMaxRecords = 16'384;

  Incidents(SloId slo, IncidentRules rules, std::size_t max_records = kDefaultMaxRecords);
  void set_rules(IncidentRules rules) { rules_ = rules; }
  // From the history, ordered by id; next_id is larger than any ever given.
  void restore(std::vector<IncidentRecord> records, const IncidentGate& gate, std::int64_t next_id);

  // The state from t_ms on, known at decided_ms; times never go back. Returns the incident that
  // was declared, ended or opened again, whose down/unknown/excluded milliseconds the caller then
  // fills in (measure); nullptr when nothing changed. Valid until the next call.
  IncidentRecord* observe(std::int64_t t_ms, State state, std::int64_t decided_ms);
  // Excluded time begins; it ends with the next observe().
  void exclude(std::int64_t t_ms);

  // Ordered by id; the last one may be open. At most max_records, the oldest go first; those that
  // went ended up to forgotten_ms.
  std::span<const IncidentRecord> records() const { return records_; }
  std::int64_t forgotten_ms() const { return forgotten_ms_; }
  const IncidentRecord* open() const;
  // Whether the last incident, ended, can still be opened again by a sample after settled_ms.
  bool may_reopen(std::int64_t settled_ms) const;
  std::int64_t next_id() const { return next_id_; }
  const IncidentGate& gate() const { return gate_; }

 private:
  IncidentRecord* declare(std::int64_t decided_ms);
  void forget(std::size_t count);

  SloId slo_;
  IncidentRules rules_;
  std::size_t max_records_;
  std::vector<IncidentRecord> records_;
  std::int64_t next_id_ = 1;
  std::int64_t forgotten_ms_ = std::numeric_limits<std::int64_t>::min();
  IncidentGate gate_;
};

// Fills in what the log says about [start, end or until_ms).
void measure(IncidentRecord& incident, const StateLog& log, const Overlay& overlay,
             std::int64_t until_ms);

// The incidents of a whole log up to until_ms, every change taken as one sample (so failures and
// successes are 1): the same machine run over history.
std::vector<IncidentRecord> derive_incidents(const StateLog& log, const Overlay& overlay,
                                             std::int64_t merge_gap_ms, std::int64_t until_ms);

}  // namespace slo
