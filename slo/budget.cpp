#include "slo/budget.h"

#include <limits>

#include "slo/int128.h"

namespace slo {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

double ratio(std::int64_t numerator, std::int64_t denominator) {
  if (denominator == 0) return kNan;
  return static_cast<double>(numerator) / static_cast<double>(denominator);
}

double seconds(Int128 billionths_of_ms) { return static_cast<double>(billionths_of_ms) / 1e12; }

}  // namespace

Uptime uptime(const Totals& totals) {
  const std::int64_t known_ms = totals.up_ms + totals.down_ms;
  const std::int64_t all_ms = known_ms + totals.unknown_ms;
  return {ratio(totals.up_ms, known_ms), ratio(totals.up_ms, all_ms),
          ratio(totals.up_ms + totals.unknown_ms, all_ms), ratio(known_ms, all_ms)};
}

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kMet: return "met";
    case Verdict::kViolated: return "violated";
    case Verdict::kUndetermined: return "undetermined";
  }
  return "";
}

Verdict verdict(Objective objective, std::int64_t window_ms, std::int64_t down_ms,
                std::int64_t unknown_ms) {
  const Int128 allowed = wide(objective.budget_ppb()) * window_ms;
  if (wide(down_ms) * kBillion > allowed) return Verdict::kViolated;
  return wide(down_ms + unknown_ms) * kBillion <= allowed ? Verdict::kMet : Verdict::kUndetermined;
}

bool on_track(Objective objective, std::int64_t measured_ms, std::int64_t down_ms,
              std::int64_t unknown_ms) {
  return wide(down_ms + unknown_ms) * kBillion <= wide(objective.budget_ppb()) * measured_ms;
}

Budget budget(Objective objective, std::int64_t window_ms, std::int64_t down_ms) {
  const Int128 total = wide(objective.budget_ppb()) * window_ms;
  const Int128 consumed = wide(down_ms) * kBillion;
  Budget budget;
  budget.total_seconds = seconds(total);
  budget.consumed_seconds = seconds(consumed);
  budget.remaining_seconds = seconds(total - consumed);
  budget.remaining_ratio = static_cast<double>(total - consumed) / static_cast<double>(total);
  return budget;
}

double burn_rate(Objective objective, std::int64_t down_ms, std::int64_t known_ms) {
  if (known_ms == 0) return kNan;
  return static_cast<double>(down_ms) * 1e9 /
         (static_cast<double>(known_ms) * static_cast<double>(objective.budget_ppb()));
}

double exhaustion_seconds(const Budget& budget, std::int64_t window_ms, double burn_rate) {
  if (budget.remaining_seconds <= 0) return 0;
  if (burn_rate == 0) return std::numeric_limits<double>::infinity();
  return budget.remaining_ratio * (static_cast<double>(window_ms) / 1e3) / burn_rate;
}

}  // namespace slo
