// When a probe is due: at fixed distances from its first time, so that no delay adds up. Pure.
#pragma once

#include <cstddef>
#include <cstdint>

namespace exporter {

class Schedule {
 public:
  // `index` spreads probes of equal interval: the n-th starts n times the golden section of the
  // interval later (modulo the interval), which leaves no large gap for any number of probes.
  Schedule(std::int64_t now_ns, std::int64_t interval_ns, std::size_t index);

  std::int64_t due_ns() const { return due_ns_; }

  struct Slot {
    std::int64_t late_ns = 0;  // from the time that was due first
    std::int64_t missed = 0;   // times that passed besides, without an attempt
  };
  // Takes what is due at now_ns >= due_ns(); the next time is the first one after now_ns.
  Slot take(std::int64_t now_ns);

  // Times up to until_ns pass without an attempt, because one was still running.
  void pass(std::int64_t until_ns);

 private:
  std::int64_t interval_ns_;
  std::int64_t due_ns_;
};

}  // namespace exporter
