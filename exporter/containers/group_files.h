// The files of one control group. A directory descriptor (O_PATH) per hierarchy stays open as far
// as the budgets of descriptors and memory go, which saves the walk of the path; of the files, only
// those stay open that the budget of kernel memory allows, because each one that was read holds a
// page (4.3 KiB with its bookkeeping), which is charged to us and shown nowhere. The others are
// opened below the directory, read and closed. A group that was removed shows itself by ENODEV or
// by a directory without cgroup.procs.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>

#include "exporter/containers/cgroup_layout.h"

namespace exporter {

// The order is that in which files stay open, the best saving first; of each version.
enum class GroupFile : std::uint8_t {
  // Version 2; the pressure files also in hybrid mode.
  kCpuPressure,
  kMemoryPressure,
  kIoPressure,
  kMemoryStat2,
  kMemoryEvents,
  kCpuStat2,
  kIoStat,
  kMemoryCurrent,
  kPidsCurrent2,
  kMemorySwapCurrent,
  kMemoryPeak,
  // Version 1.
  kOomControl,
  kMemoryStat1,
  kCpuacctStat,
  kCpuacctUsage,
  kMemoryUsage,
  kMemoryMaxUsage,
  kPidsCurrent1,
  kCpuStat1,
  kMemoryKernel,
  kMemoryFailcnt,
  kBlkioBytes,
  kBlkioOperations,
  // Either.
  kProcs,
  // Never kept: limits, and what is asked for by flags.
  kCpuMax,
  kCpuWeight,
  kMemoryMax,
  kMemorySwapMax,
  kMemoryMin,
  kMemoryLow,
  kPidsMax2,
  kCfsQuota,
  kCfsPeriod,
  kCpuShares,
  kMemoryLimit,
  kMemorySwapLimit,
  kMemorySoftLimit,
  kMemoryHierarchy,
  kPidsMax1,
  kCpuacctPerCpu,
  kNumaStat1,
  kNumaStat2,
};
inline constexpr std::size_t kGroupFileCount = static_cast<std::size_t>(GroupFile::kNumaStat2) + 1;
inline constexpr std::size_t kKeepableFileCount = static_cast<std::size_t>(GroupFile::kProcs) + 1;

struct ReadContext {
  const CgroupLayout& layout;
  ReadBuffer& buffer;
  unsigned keep = 0;                   // how many files of each group may stay open
  std::array<const char*, 2> blkio{};  // names of the bytes and the operations file in use
};

enum class ReadOutcome : std::uint8_t { kRead, kMissing, kGone };

class GroupFiles {
 public:
  // The group is there in this hierarchy. Takes the directory, or none when descriptors are short:
  // then files are opened by their whole path.
  void attach(std::size_t hierarchy, FileDescriptor directory);
  void detach(std::size_t hierarchy);
  bool is_in(std::size_t hierarchy) const { return present_[hierarchy]; }
  bool is_in_any() const { return present_.any(); }
  bool has(const CgroupLayout& layout, Controller controller) const {
    const int index = layout.index(controller);
    return index >= 0 && present_[static_cast<std::size_t>(index)];
  }
  int directory(std::size_t hierarchy) const { return directories_[hierarchy].get(); }
  std::size_t open_directories() const;

  // text is valid until the next read into the buffer. A file that this kernel does not have is
  // asked for once.
  ReadOutcome read(GroupFile file, std::string_view path, const ReadContext& context,
                   std::string_view& text);

  // A file by its name, opened and closed.
  ReadOutcome read_named(Controller controller, const char* name, std::string_view path,
                         const ReadContext& context, std::string_view& text);

  // Closes what may not stay open any more.
  void keep_only(unsigned keep);
  std::size_t kept() const { return kept_count_; }

 private:
  ReadOutcome missing_or_gone(std::size_t hierarchy, std::string_view path,
                              const CgroupLayout& layout) const;
  FileDescriptor open(std::size_t hierarchy, const char* name, std::string_view path,
                      const CgroupLayout& layout) const;
  int hierarchy_of(GroupFile file, const CgroupLayout& layout) const;

  std::array<FileDescriptor, CgroupLayout::kMaxHierarchies> directories_;
  std::array<FileDescriptor, kKeepableFileCount> files_;
  std::bitset<CgroupLayout::kMaxHierarchies> present_;
  std::bitset<kGroupFileCount> absent_;
  unsigned kept_count_ = 0;
};

}  // namespace exporter
