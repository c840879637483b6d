// One objective as configured, every default filled in: what the configuration loader makes and
// the engine judges by. Immutable once given to the engine (shared as shared_ptr<const SloSpec>).
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "slo/objective.h"
#include "slo/state.h"
#include "slo/windows.h"

namespace slo {

// Where good and bad time comes from.
enum class SourceKind : std::uint8_t {
  kHost,       // up while the kernel runs; restarts are classified by boot_id
  kProbe,      // samples of a target, each holding until the next
  kContainer,  // the same, but a sample is no event: only time counts
};

enum class BudgetingMethod : std::uint8_t { kTime };

inline constexpr int kMaxMinFailures = 64;

struct SloSpec {
  std::string service;
  std::string name;
  std::string description;
  // Hash of what "good" means (the sli block). A new value starts a new history.
  std::uint64_t generation = 0;

  Objective objective{999'900'000};
  std::int64_t window_ms = 30 * kDayMs;  // rolling
  std::string window_label = "30d";      // as written
  BudgetingMethod budgeting = BudgetingMethod::kTime;

  SourceKind source = SourceKind::kProbe;
  std::int64_t interval_ms = 5 * kSecondMs;  // T; for kHost the heartbeat interval
  std::int64_t timeout_ms = 4 * kSecondMs;
  // For kHost: what suspended time is on this machine, kUnknown or kDown or kUp.
  State suspended = State::kUnknown;

  // Incidents only: the SLI counts every sample.
  int failures = 1;
  int successes = 1;
  std::int64_t merge_gap_ms = -1;  // -1: max(3 T, 60 s)

  // Alerts. min_failures bad events in the short window are needed besides; at most
  // kMaxMinFailures, 0 or 1 switch it off. Sources without events (all but kProbe) ignore it.
  int min_failures = 2;
  std::vector<AlertRow> alert_rows = default_alert_rows(30 * kDayMs);  // at most 32
  std::vector<std::int64_t> extra_windows_ms;  // shown besides 1h, W and the alert windows
  bool alert_windows_shown = true;             // false: the alert windows are no series

  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;

  // A window's label: its own as written, others as duration_label() writes them.
  std::string window_text(std::int64_t ms) const {
    return ms == window_ms ? window_label : duration_label(ms);
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

}  // namespace slo
