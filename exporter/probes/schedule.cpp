#include "exporter/probes/schedule.h"

namespace exporter {
namespace {

// The fraction part of index * 0.618..., in 2^-32.
double golden_fraction(std::size_t index) {
  constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15;  // 2^64 times the golden section
  constexpr double kScale = 1.0 / 4294967296.0;
  return static_cast<double>((std::uint64_t{index} * kGolden) >> 32) * kScale;
}

}  // namespace

Schedule::Schedule(std::int64_t now_ns, std::int64_t interval_ns, std::size_t index)
    : interval_ns_(interval_ns),
      due_ns_(now_ns + static_cast<std::int64_t>(static_cast<double>(interval_ns) *
                                                 golden_fraction(index))) {}

Schedule::Slot Schedule::take(std::int64_t now_ns) {
  const std::int64_t late_ns = now_ns - due_ns_;
  const std::int64_t missed = late_ns / interval_ns_;
  due_ns_ += (missed + 1) * interval_ns_;
  return {.late_ns = late_ns, .missed = missed};
}

void Schedule::pass(std::int64_t until_ns) {
  if (until_ns >= due_ns_) take(until_ns);
}

}  // namespace exporter
