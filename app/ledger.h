// What people say afterwards: time that is not to count and incidents that were none, each with a
// reason. Kept in the history, laid over the judge's numbers at once and again after each restart.
// Any thread, but not the judge's.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "exporter/core/clock.h"
#include "slo/runner.h"
#include "slo/store.h"

namespace app {

class Ledger {
 public:
  struct Exclusion {
    std::vector<std::string> slos;  // patterns, see slo/pattern.h
    slo::ExcludedPeriod excluded;
    std::int64_t created_ms = 0;  // UTC
  };
  struct Mark {
    std::string reason;
    std::int64_t created_ms = 0;
  };

  // runner and store outlive this. documents: what the store had; others than ours are skipped.
  Ledger(slo::Runner& runner, slo::Store& store, const exporter::Clock& clock,
         const std::vector<slo::Document>& documents);

  // Lays everything over the objectives as they are judged now: after each change of them.
  void refresh();

  // Each answers when it is durable, or with kUnavailable when that took more than 2 s (it is in
  // force all the same). kInvalid for what cannot be, kNotFound for what is not there.
  exporter::Result<std::string> exclude(Exclusion exclusion);  // its id
  exporter::Result<void> take_back(const std::string& id);
  // An empty reason takes the mark back.
  exporter::Result<void> mark_false(const std::string& service, const std::string& name,
                                    std::int64_t incident, const std::string& reason);

  std::map<std::string, Exclusion> exclusions() const;

 private:
  exporter::Result<void> keep(slo::Document document);
  std::int64_t utc_ms() const { return clock_.now().real_ns / 1'000'000; }

  slo::Runner& runner_;
  slo::Store& store_;
  const exporter::Clock& clock_;
  mutable std::mutex lock_;
  std::map<std::string, Exclusion> exclusions_;                      // under lock_
  std::map<std::pair<slo::SloId, std::int64_t>, Mark> false_marks_;  // under lock_
  std::uint64_t next_id_ = 1;                                        // under lock_
};

}  // namespace app
