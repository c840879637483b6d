// One objective as configured, every default filled in: what the configuration loader makes and
// the engine judges by. Immutable once given to the engine (shared as shared_ptr<const SloSpec>).
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slo/maintenance.h"
#include "slo/objective.h"
#include "slo/rare.h"
#include "slo/state.h"
#include "slo/windows.h"

namespace slo {

// Where good and bad time comes from.
enum class SourceKind : std::uint8_t {
  kHost,       // up while the kernel runs; restarts are classified by boot_id
  kProbe,      // samples of a target, each holding until the next
  kContainer,  // the same, but a sample is no event: only time counts
  kEvents,     // good and bad events, slice by slice (slo/event_source.h)
  kRecord,     // slices that a source keeps and can be asked for later, too
};

enum class BudgetingMethod : std::uint8_t {
  kTime,             // by state time; time slices too: a slice is up or down
  kOccurrences,      // by events, each counted once
  kRatioTimeslices,  // the mean of the slices' ratios: of a slice with 1 % bad, 1 % was down
};

// As the configuration writes them.
constexpr std::string_view name(BudgetingMethod method, bool is_sliced = false) {
  switch (method) {
    case BudgetingMethod::kTime: return is_sliced ? "timeslices" : "time";
    case BudgetingMethod::kOccurrences: return "occurrences";
    case BudgetingMethod::kRatioTimeslices: return "ratio_timeslices";
  }
  return "";
}

// What 0 of 0 events is.
enum class NoEvents : std::uint8_t {
  kIgnore,  // the ratio is undefined; a slice of kRatioTimeslices is unknown
  kGood,    // nothing failed: the ratio is 1
  kBad,     // a slice without events counts one bad event
};

// Time that was taken out after the fact, Unix milliseconds.
struct ExcludedPeriod {
  Period period;
  std::string reason;
  bool operator==(const ExcludedPeriod&) const = default;
};

// What is to be done when less than this share of the budget is left.
struct PolicyLine {
  std::string remaining_below;  // as written: "10%"
  std::int64_t below_ppm = 0;   // of the budget; 0 for "spent"
  std::string message;
  std::optional<Severity> alert;
  bool operator==(const PolicyLine&) const = default;
};

// What the configuration adds to the alerts of one severity.
struct AlertWords {
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  bool operator==(const AlertWords&) const = default;
};

// An alert of this severity when the objective is unknown for that long.
struct NoData {
  std::int64_t after_ms = 0;
  Severity severity = Severity::kTicket;
  bool operator==(const NoData&) const = default;
};

inline constexpr int kMaxMinFailures = 64;

struct SloSpec {
  std::string service;
  std::string name;
  std::string description;
  // Hash of what "good" means (the sli block). A new value starts a new history.
  std::uint64_t generation = 0;

  Objective objective{999'900'000};
  // Rolling; with a calendar the nominal length that alert thresholds are made from.
  std::int64_t window_ms = 30 * kDayMs;
  std::string window_label = "30d";  // as written; "month"
  Rare<Calendar> calendar;
  BudgetingMethod budgeting = BudgetingMethod::kTime;
  bool is_sliced = false;  // by time: of slices, each of them up or down
  NoEvents no_events = NoEvents::kIgnore;

  SourceKind source = SourceKind::kProbe;
  // For kHost: what suspended time is on this machine, kUnknown or kDown or kUp.
  State suspended = State::kUnknown;
  std::int64_t interval_ms = 5 * kSecondMs;  // T; for kHost the heartbeat interval
  std::int64_t timeout_ms = 4 * kSecondMs;

  // For kRecord: how far back the source is asked for what it was not asked for in time.
  std::int64_t record_ms = 0;

  const char* sample_noun = "failed probe";  // what one bad sample is to people: "bad slice"

  // Incidents only: the SLI counts every sample.
  int failures = 1;
  int successes = 1;
  std::int64_t merge_gap_ms = -1;  // -1: max(3 T, 60 s)

  // Alerts. min_failures bad events in the short window are needed besides; at most
  // kMaxMinFailures, 0 or 1 switch it off. Sources without events (kHost, kContainer) ignore it.
  int min_failures = 2;
  bool alert_windows_shown = true;  // false: the alert windows are no series
  std::vector<AlertRow> alert_rows = default_alert_rows(30 * kDayMs);  // at most 32
  std::vector<std::int64_t> extra_windows_ms;  // shown besides 1h, W and the alert windows

  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  Rare<AlertWords> page_words;  // on what is critical, before those above
  Rare<AlertWords> ticket_words;
  Rare<NoData> no_data;
  const Rare<AlertWords>& words_of(Severity severity) const {
    return severity == Severity::kPage ? page_words : ticket_words;
  }

  // Objectives without which this one cannot be measured, by service and name: while one of them
  // is down, this one is unknown and not down.
  struct Name {
    std::string service;
    std::string name;
    auto operator<=>(const Name&) const = default;
  };
  RareList<Name> dependencies;

  RareList<std::shared_ptr<const Maintenance>> maintenance;
  RareList<ExcludedPeriod> exclusions;
  RareList<PolicyLine> policy;  // the largest share first

  // The label of a rolling window: the objective's as written, others as duration_label() writes
  // them.
  std::string window_text(std::int64_t ms) const {
    return ms == window_ms && !calendar ? window_label : duration_label(ms);
  }

  // A sample is an event, too: a probe's result, a slice.
  bool counts_events() const {
    return source == SourceKind::kProbe ||
           (source == SourceKind::kRecord && budgeting == BudgetingMethod::kTime);
  }

  bool is_window_shown(std::int64_t ms) const {
    return alert_windows_shown || ms == kHourMs || ms == window_ms ||
           std::ranges::find(extra_windows_ms, ms) != extra_windows_ms.end();
  }

  // A sample speaks for this long when no other follows.
  std::int64_t hold_ms() const { return std::max(2 * interval_ms, interval_ms + timeout_ms); }
  std::int64_t merge_gap() const {
    return merge_gap_ms >= 0 ? merge_gap_ms : std::max(3 * interval_ms, kMinuteMs);
  }
};

// The line of the policy that this share of the budget left brings into force: the one with the
// smallest share of those above it. Null: none.
inline const PolicyLine* policy_in_force(const SloSpec& spec, double remaining_ratio) {
  const PolicyLine* found = nullptr;
  for (const PolicyLine& line : spec.policy) {
    if (remaining_ratio * 1e6 < static_cast<double>(line.below_ppm)) found = &line;
  }
  return found;
}

}  // namespace slo
