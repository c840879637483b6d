// For the tests of the store: a directory of their own, a clock that stands where it is told, and
// rows of every kind.
#pragma once

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>
#include <string>

#include "exporter/core/clock.h"
#include "slo/store.h"

namespace slo::testing {

// In memory where there is such a place: what these tests look at does not need the disk's fsync.
class TempDirectory {
 public:
  TempDirectory() {
    const bool shared_memory = ::access("/dev/shm", W_OK | X_OK) == 0;
    std::string pattern =
        (shared_memory ? "/dev/shm" : std::filesystem::temp_directory_path().string()) +
        "/fournines-store-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  std::string database() const { return file("fournines.db"); }

 private:
  std::string path_;
};

// 2026-11-25 20:05:12 UTC.
inline constexpr std::int64_t kUtcMs = 1'795'637'112'000;

class TestClock final : public exporter::Clock {
 public:
  exporter::Moment now() const override {
    const std::int64_t ns = ns_.load();
    return {ns, ns, kUtcMs * 1'000'000 + ns};
  }
  void pass(std::int64_t seconds) { ns_ += seconds * 1'000'000'000; }

 private:
  std::atomic<std::int64_t> ns_{0};
};

inline std::string read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

inline Document document(std::string key, std::string value) {
  return {"outbox", std::move(key), std::move(value)};
}

// One row of every kind, with every field set, for each of `slos` objectives.
inline Rows sample_rows(SloId slos = 2, int changes = 10) {
  Rows rows;
  rows.facts.boots = {{"0d5e3a", 1'000, 77}, {"b7c1f2", 500'000, -3}};
  Heartbeat beat;
  beat.boot_id = "b7c1f2";
  beat.t_ms = 10'000'000;
  beat.real_ms = kUtcMs;
  beat.boot_ms = 9'500'000;
  beat.mono_ms = 9'400'000;
  beat.clean = true;
  beat.reason = StopReason::kUpgrade;
  beat.clock_step_ms = 250;
  beat.gap_ms = {0, 5, 0, 70'000};
  for (SloId slo = 1; slo <= slos; ++slo) {
    rows.facts.slos.push_back(
        {slo, "shop", "front-" + std::to_string(slo), 0xFEDCBA9876543210U, 2'000});
    for (int i = 0; i < changes; ++i) {
      rows.facts.changes.push_back({slo, 2'000 + 60'000LL * i, static_cast<State>(i % 3),
                                    i % 3 == 1 ? Cause::kTimeout : Cause::kNone});
    }
    rows.facts.events.push_back({slo, 5'000, 70, 3, std::string("\1\0any", 5)});
    rows.facts.events.push_back({slo, 65'000, 90, 4, std::string("\2\xff", 2)});
    rows.facts.incidents.push_back(
        {slo, 1, 62'000, 61'000, 64'000, 122'000, 121'000, 60'000, 7, 3, false});
    rows.facts.incidents.push_back({slo, 2, 242'000, 241'000, 244'000, 0, 0, 5'000, 0, 0, true});
    SloCounters counters;
    counters.id = slo;
    counters.t_ms = beat.t_ms;
    counters.settled_ms = beat.t_ms - 40;
    counters.state_ms = {9'000'000, 800'000, 197'960, 0};
    counters.events_good = 5'000;
    counters.events_bad = 12;
    counters.incidents = 2;
    counters.detections = 2;
    counters.detection_delay_ms = 4'100;
    counters.durations = {0, 0, 1};
    counters.durations_ms = 60'000;
    counters.firing = 5;
    counters.recent_bad = {62'000, 63'000, 242'500};
    counters.gate = {9'999'000, 242'500, 3, 4, 5, 1, 2, true, true};
    beat.counters.push_back(counters);
  }
  rows.facts.heartbeat = beat;
  rows.documents = {document("page-1", std::string("\0any \xff bytes", 12)),
                    document("page-2", "")};
  return rows;
}

inline bool same_facts(const Facts& left, const Facts& right) {
  return left.slos == right.slos && left.boots == right.boots && left.changes == right.changes &&
         left.incidents == right.incidents && left.events == right.events &&
         left.heartbeat == right.heartbeat;
}

inline bool same_rows(const Rows& left, const Rows& right) {
  return same_facts(left.facts, right.facts) && left.documents == right.documents;
}

}  // namespace slo::testing
