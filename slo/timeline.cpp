// A step of the wall clock is a difference between the growth of CLOCK_REALTIME and that of
// CLOCK_BOOTTIME beyond 0.5 s + 0.05 % of the time passed (NTP slews at most 500 ppm). Smaller
// differences are not events, but when they add up to 0.5 s the labels follow them.
#include "slo/timeline.h"

#include <algorithm>
#include <utility>

#include "exporter/core/clock.h"

namespace slo {
namespace {

using exporter::kNsPerMs;
using exporter::Moment;

constexpr std::int64_t kStepToleranceNs = 500 * kNsPerMs;
constexpr std::int64_t kSlewDivisor = 2000;  // 0.05 %

}  // namespace

Labels::Labels(std::vector<BootRow> boots)
    : boots_(std::make_shared<const std::vector<BootRow>>(std::move(boots))) {}

std::int64_t Labels::utc_ms(std::int64_t t_ms) const {
  if (!boots_ || boots_->empty()) return t_ms;
  const auto later =
      std::upper_bound(boots_->begin(), boots_->end(), t_ms,
                       [](std::int64_t t, const BootRow& boot) { return t < boot.t_start_ms; });
  const BootRow& boot = later == boots_->begin() ? *later : *std::prev(later);
  return t_ms + boot.correction_ms;
}

std::int64_t Labels::t_ms(std::int64_t utc_ms) const {
  const std::size_t count = boots_ ? boots_->size() : 0;
  for (std::size_t i = count; i-- > 0;) {
    const std::int64_t t = utc_ms - (*boots_)[i].correction_ms;
    if (t < (*boots_)[i].t_start_ms && i > 0) continue;
    return i + 1 == count ? t : std::min(t, (*boots_)[i + 1].t_start_ms);
  }
  return utc_ms;
}

Timeline::Timeline(std::string boot_id, const Moment& now, std::int64_t not_before_ms)
    : last_(now) {
  const std::int64_t real_ms = now.real_ns / kNsPerMs;
  const std::int64_t t_ms = std::max(real_ms, not_before_ms);
  offset_ms_ = t_ms - now.boot_ns / kNsPerMs;
  floor_ms_ = t_ms;
  boots_.push_back({std::move(boot_id), t_ms, real_ms - t_ms});
  labels_ = Labels(boots_);
}

Timeline::Timeline(std::string boot_id, const Moment& now, const Heartbeat& last,
                   std::vector<BootRow> boots, std::int64_t not_before_ms)
    : boots_(std::move(boots)), last_(now) {
  const std::int64_t boot_ms = now.boot_ns / kNsPerMs;
  const std::int64_t real_ms = now.real_ns / kNsPerMs;
  same_boot_ = last.boot_id == boot_id && !boots_.empty() && boots_.back().boot_id == boot_id;
  // In a time namespace CLOCK_BOOTTIME may lie behind that of an earlier process of this boot.
  if (same_boot_ && boot_ms >= last.boot_ms) {
    offset_ms_ = last.t_ms - last.boot_ms;
    floor_ms_ = boots_.back().t_start_ms;
    last_ = {last.boot_ms * kNsPerMs, last.mono_ms * kNsPerMs, last.real_ms * kNsPerMs};
    labels_ = Labels(boots_);
    return;
  }
  const std::int64_t t_ms =
      std::max(not_before_ms, last.t_ms + std::max<std::int64_t>(0, real_ms - last.real_ms));
  offset_ms_ = t_ms - boot_ms;
  floor_ms_ = last.t_ms;
  if (same_boot_) {
    boots_.back().correction_ms = real_ms - t_ms;
  } else {
    std::erase_if(boots_, [&](const BootRow& boot) { return boot.boot_id == boot_id; });
    const std::int64_t start_ms = boot_start_ms();
    boots_.push_back({std::move(boot_id), start_ms, real_ms - t_ms});
  }
  labels_ = Labels(boots_);
}

std::int64_t Timeline::boot_start_ms() const { return std::max(offset_ms_, floor_ms_); }

Tick Timeline::advance(const Moment& now) {
  Tick tick;
  const std::int64_t boot_ns = now.boot_ns - last_.boot_ns;
  if (boot_ns < 0) {
    tick.t_ms = now_ms();
    return tick;
  }
  const std::int64_t before_ms = now_ms();
  const std::int64_t slept_ns = boot_ns - (now.mono_ns - last_.mono_ns);
  const std::int64_t step_ns = (now.real_ns - last_.real_ns) - boot_ns;
  last_ = now;
  tick.t_ms = now_ms();
  tick.elapsed_ms = tick.t_ms - before_ms;
  tick.suspended_ms = std::clamp<std::int64_t>(slept_ns / kNsPerMs, 0, tick.elapsed_ms);
  const std::int64_t tolerance_ns = kStepToleranceNs + boot_ns / kSlewDivisor;
  if (step_ns > tolerance_ns || step_ns < -tolerance_ns) tick.step_ms = step_ns / kNsPerMs;
  const std::int64_t correction_ms = now.real_ns / kNsPerMs - tick.t_ms;
  const std::int64_t drift_ms = correction_ms - boots_.back().correction_ms;
  if (tick.step_ms != 0 || drift_ms > 500 || drift_ms < -500) {
    boots_.back().correction_ms = correction_ms;
    labels_ = Labels(boots_);
    tick.relabelled = true;
  }
  return tick;
}

Heartbeat Timeline::heartbeat() const {
  Heartbeat beat;
  beat.boot_id = boots_.back().boot_id;
  beat.t_ms = now_ms();
  beat.real_ms = last_.real_ns / kNsPerMs;
  beat.boot_ms = last_.boot_ns / kNsPerMs;
  beat.mono_ms = last_.mono_ns / kNsPerMs;
  return beat;
}

}  // namespace slo
