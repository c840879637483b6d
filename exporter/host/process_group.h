// Groups of processes with what their members use now and what all members ever used: counters of
// a group never go back, whoever ends. One thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace exporter {

// The counters of one process, and of a group.
struct ProcessCounters {
  enum Kind : std::uint8_t {
    kUserTicks,
    kSystemTicks,
    kReadBytes,
    kWriteBytes,
    kMajorFaults,
    kMinorFaults,
    kVoluntarySwitches,
    kInvoluntarySwitches,
    kKinds
  };
  std::array<std::uint64_t, kKinds> values{};
};

struct ProcessGroup {
  // As process-exporter calls the states of a process.
  enum State : std::uint8_t { kRunning, kSleeping, kWaiting, kZombie, kOther, kStateCount };

  std::string name;
  ProcessCounters used;

  // Of the members in the newest scan.
  std::uint64_t members = 0;
  std::uint64_t threads = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t swapped_bytes = 0;
  std::uint64_t open_files = 0;
  std::uint64_t with_open_files = 0;  // members whose descriptors could be counted
  double worst_open_files_ratio = 0;
  std::uint64_t oldest_start_ticks = 0;
  std::array<std::uint64_t, kStateCount> states{};
  std::uint64_t proportional_resident_bytes = 0;
  std::uint64_t proportional_swapped_bytes = 0;
  std::uint64_t with_proportional = 0;  // members of which the two above are known

  std::uint64_t last_seen = 0;  // the scan that had a member
};

class ProcessGroupTable {
 public:
  // One more group and everything new goes to the group "other".
  static constexpr std::size_t kMaxGroups = 256;
  static constexpr std::string_view kOther = "other";

  // Forgets what the members were, keeps what they used.
  void begin_scan(std::uint64_t scan);

  // The place of the group of this name, made if need be. When there is no room, the group that
  // has been without members for longest makes it. Valid until that group has no members.
  std::size_t place_of(std::string_view name);

  ProcessGroup& operator[](std::size_t place) { return groups_[place]; }

  // All of them, by name.
  const std::vector<std::size_t>& order() const { return order_; }

 private:
  std::size_t free_place();
  void sort();

  std::uint64_t scan_ = 0;
  std::vector<ProcessGroup> groups_;
  std::unordered_map<std::string, std::size_t> places_;
  std::vector<std::size_t> order_;
};

}  // namespace exporter
