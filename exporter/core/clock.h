// The three clocks of Linux, read together. Durations and schedules come from boot_ns (it counts
// suspend), real_ns only labels them for people, and mono_ns tells how much of the time was
// suspended. Time is an argument everywhere: only app owns a SystemClock.
#pragma once

#include <cstdint>

namespace exporter {

inline constexpr std::int64_t kNsPerMs = 1'000'000;
inline constexpr std::int64_t kNsPerSecond = 1'000'000'000;

struct Moment {
  std::int64_t boot_ns = 0;  // CLOCK_BOOTTIME
  std::int64_t mono_ns = 0;  // CLOCK_MONOTONIC
  std::int64_t real_ns = 0;  // CLOCK_REALTIME, Unix time
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Moment now() const = 0;  // any thread
};

class SystemClock final : public Clock {
 public:
  Moment now() const override;
};

}  // namespace exporter
