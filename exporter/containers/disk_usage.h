// How much containers have written to their own layer, walked on a thread of its own: a walk may
// take long, so it gets a share of each minute and goes on where it stopped. What a scrape takes is
// the last complete sum of a container, none before the first.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "exporter/core/clock.h"
#include "exporter/core/error.h"

namespace exporter {

// From P/PID/mountinfo: the directory that an overlay at "/" writes to, as the host names it.
// Nothing for other file systems.
std::optional<std::string> parse_upper_directory(std::string_view mountinfo);

struct DiskUse {
  std::uint64_t bytes = 0;  // blocks in use; a file with several names counts once
  std::uint64_t limit_bytes = 0;
  std::uint64_t inodes = 0;  // of the whole file system, like the limit
  std::uint64_t free_inodes = 0;
  std::uint32_t major = 0;  // the file system's device
  std::uint32_t minor = 0;
};

class DiskUsage {
 public:
  static constexpr std::int64_t kRoundNs = 60'000'000'000;
  static constexpr std::int64_t kShareNs = 1'000'000'000;  // of each round

  // clock must outlive this.
  explicit DiskUsage(const Clock& clock);

  // Which directories, by a key of the caller's: replaces all. Any thread.
  void set(std::map<std::string, std::string> directories);
  // Nothing until the first sum is complete. Any thread.
  std::optional<DiskUse> get(const std::string& key) const;

 private:
  void run(const std::stop_token& stop);
  // False when it was stopped.
  bool walk(const std::string& directory, DiskUse& use, const std::stop_token& stop);
  void rest_when_due(const std::stop_token& stop);

  const Clock& clock_;
  std::int64_t round_began_ns_ = 0;
  std::int64_t working_since_ns_ = 0;
  mutable std::mutex lock_;
  std::map<std::string, std::string> directories_;
  std::map<std::string, DiskUse> uses_;
  std::jthread thread_;  // last: it uses the rest
};

}  // namespace exporter
