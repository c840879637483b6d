// Reads one control group: what changes at every scrape, and the limits when they are stale. What
// the version of control groups, the kernel or the controllers of this group do not supply stays
// empty.
#pragma once

#include "exporter/containers/group.h"

namespace exporter {

// How many ticks a second has in cpuacct.stat: USER_HZ, 100 on every Linux.
inline constexpr std::uint64_t kNsPerTick = 10'000'000;

// What is read only when a flag asks for it.
struct ReadMore {
  bool per_cpu = false;
  bool numa = false;
  bool processes = false;
  std::vector<std::string> huge_page_sizes;  // "2MB"; empty: none asked for, or none there
  std::uint64_t page_bytes = 4096;
};

// False when the group turned out to be removed; its reading is then of no use.
bool read_group(Group& group, const ReadContext& context, const ReadMore& more);

// The sizes of huge pages that this machine has, as control groups name them, from
// S/kernel/mm/hugepages.
std::vector<std::string> find_huge_page_sizes(const std::string& sysfs);

// The names of the blkio files that this machine counts in, best first: BFQ's and CFQ's own, then
// those of the throttling layer, which every I/O passes.
struct BlkioFiles {
  const char* bytes;
  const char* operations;
};
// Picks by what the root group has something in; empty names when there is no blkio.
BlkioFiles find_blkio_files(Group& root, const ReadContext& context);

}  // namespace exporter
