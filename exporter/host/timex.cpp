// Frequencies are in parts per million with a fraction of 16 bits; offset and jitter are in
// nanoseconds if STA_NANO is set, else in microseconds like all other times.
#include "exporter/host/timex.h"

#include <cmath>
#include <system_error>

namespace exporter {
namespace {

constexpr Family kOffset{"node_timex_offset_seconds",
                         "Distance between the clock and what it is held to."};
constexpr Family kFrequency{"node_timex_frequency_adjustment_ratio",
                            "Speed of the clock over that of its oscillator."};
constexpr Family kMaxError{"node_timex_maxerror_seconds", "Most that the clock can be wrong by."};
constexpr Family kEstimatedError{"node_timex_estimated_error_seconds",
                                 "What the clock is probably wrong by."};
constexpr Family kStatus{"node_timex_status", "Status bits of the clock discipline."};
constexpr Family kLoopConstant{"node_timex_loop_time_constant",
                               "Time constant of the phase-locked loop."};
constexpr Family kTick{"node_timex_tick_seconds", "Time between ticks of the clock."};
constexpr Family kPpsFrequency{"node_timex_pps_frequency_hertz",
                               "Frequency of the pulse per second."};
constexpr Family kPpsJitter{"node_timex_pps_jitter_seconds", "Jitter of the pulse per second."};
constexpr Family kPpsShift{"node_timex_pps_shift_seconds",
                           "Length of an interval over which the pulse is measured."};
constexpr Family kPpsStability{"node_timex_pps_stability_hertz", "Wander of the pulse per second."};
constexpr Family kPpsJitterExceeded{"node_timex_pps_jitter_total",
                                    "Pulses that jittered beyond the limit.", MetricType::kCounter};
constexpr Family kPpsCalibrations{"node_timex_pps_calibration_total",
                                  "Intervals over which the pulse was measured.",
                                  MetricType::kCounter};
constexpr Family kPpsErrors{"node_timex_pps_error_total", "Intervals that could not be measured.",
                            MetricType::kCounter};
constexpr Family kPpsStabilityExceeded{"node_timex_pps_stability_exceeded_total",
                                       "Intervals that wandered beyond the limit.",
                                       MetricType::kCounter};
constexpr Family kTai{"node_timex_tai_offset_seconds", "International atomic time less UTC."};
constexpr Family kSync{"node_timex_sync_status", "1 while the clock is held to a reliable source."};

constexpr double kMicro = 1e6;
constexpr double kNano = 1e9;
constexpr double kPartsPerMillion = 65536 * 1e6;

class TimexCollector final : public Collector {
 public:
  explicit TimexCollector(const HostContext& context) : adjtimex_(context.adjtimex) {}

  std::string_view name() const override { return "timex"; }

  Result<void> collect(const Scrape&, SampleWriter& out) override {
    timex clock{};
    int state = 0;
    if (const int error = adjtimex_(clock, state); error != 0) {
      return fail(ErrorKind::kIo, "adjtimex: " + std::generic_category().message(error));
    }
    const double fine = (clock.status & STA_NANO) != 0 ? kNano : kMicro;
    const auto add = [&out](const Family& family, Number value) {
      out.family(family);
      out.add(value);
    };
    const auto scaled = [](long value, double by) { return static_cast<double>(value) / by; };
    add(kOffset, scaled(clock.offset, fine));
    add(kFrequency, 1 + scaled(clock.freq, kPartsPerMillion));
    add(kMaxError, scaled(clock.maxerror, kMicro));
    add(kEstimatedError, scaled(clock.esterror, kMicro));
    add(kStatus, clock.status);
    add(kLoopConstant, clock.constant);
    add(kTick, scaled(clock.tick, kMicro));
    add(kPpsFrequency, scaled(clock.ppsfreq, kPartsPerMillion));
    add(kPpsJitter, scaled(clock.jitter, fine));
    add(kPpsShift, clock.shift);
    add(kPpsStability, scaled(clock.stabil, kPartsPerMillion));
    add(kPpsJitterExceeded, clock.jitcnt);
    add(kPpsCalibrations, clock.calcnt);
    add(kPpsErrors, clock.errcnt);
    add(kPpsStabilityExceeded, clock.stbcnt);
    add(kTai, clock.tai);
    add(kSync, state == TIME_ERROR ? 0 : 1);
    return {};
  }

 private:
  std::function<int(timex&, int&)> adjtimex_;
};

}  // namespace

CollectorRow timex_row() {
  return {"timex",
          true,
          "the kernel's clock discipline (adjtimex)",
          {},
          make_collector<TimexCollector>};
}

}  // namespace exporter
