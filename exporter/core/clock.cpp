#include "exporter/core/clock.h"

#include <ctime>

namespace exporter {
namespace {

std::int64_t read_ns(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

}  // namespace

Moment SystemClock::now() const {
  return {read_ns(CLOCK_BOOTTIME), read_ns(CLOCK_MONOTONIC), read_ns(CLOCK_REALTIME)};
}

}  // namespace exporter
