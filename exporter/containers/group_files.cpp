#include "exporter/containers/group_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

namespace exporter {
namespace {

struct FileRow {
  const char* name;
  Controller controller;
};

constexpr std::array<FileRow, kGroupFileCount> kFiles{{
    {"cpu.pressure", Controller::kUnified},
    {"memory.pressure", Controller::kUnified},
    {"io.pressure", Controller::kUnified},
    {"memory.stat", Controller::kUnified},
    {"memory.events", Controller::kUnified},
    {"cpu.stat", Controller::kUnified},
    {"io.stat", Controller::kUnified},
    {"memory.current", Controller::kUnified},
    {"pids.current", Controller::kUnified},
    {"memory.swap.current", Controller::kUnified},
    {"memory.peak", Controller::kUnified},
    {"memory.oom_control", Controller::kMemory},
    {"memory.stat", Controller::kMemory},
    {"cpuacct.stat", Controller::kCpuacct},
    {"cpuacct.usage", Controller::kCpuacct},
    {"memory.usage_in_bytes", Controller::kMemory},
    {"memory.max_usage_in_bytes", Controller::kMemory},
    {"pids.current", Controller::kPids},
    {"cpu.stat", Controller::kCpu},
    {"memory.kmem.usage_in_bytes", Controller::kMemory},
    {"memory.failcnt", Controller::kMemory},
    {nullptr, Controller::kBlkio},  // the context names them
    {nullptr, Controller::kBlkio},
    {"cgroup.procs", Controller::kUnified},  // or where the group is, see hierarchy_of()
    {"cpu.max", Controller::kUnified},
    {"cpu.weight", Controller::kUnified},
    {"memory.max", Controller::kUnified},
    {"memory.swap.max", Controller::kUnified},
    {"memory.min", Controller::kUnified},
    {"memory.low", Controller::kUnified},
    {"pids.max", Controller::kUnified},
    {"cpu.cfs_quota_us", Controller::kCpu},
    {"cpu.cfs_period_us", Controller::kCpu},
    {"cpu.shares", Controller::kCpu},
    {"memory.limit_in_bytes", Controller::kMemory},
    {"memory.memsw.limit_in_bytes", Controller::kMemory},
    {"memory.soft_limit_in_bytes", Controller::kMemory},
    {"memory.use_hierarchy", Controller::kMemory},
    {"pids.max", Controller::kPids},
    {"cpuacct.usage_percpu", Controller::kCpuacct},
    {"memory.numa_stat", Controller::kMemory},
    {"memory.numa_stat", Controller::kUnified},
}};

constexpr std::size_t index_of(GroupFile file) { return static_cast<std::size_t>(file); }

// The whole text from offset 0, or -errno. What the kernel hands out record by record comes in
// pieces of nearly a page; anything clearly shorter is all there is.
ssize_t read_whole(int fd, ReadBuffer& buffer) {
  constexpr ssize_t kSurelyAll = 3800;
  std::size_t length = 0;
  for (;;) {
    const ssize_t n =
        ::pread(fd, buffer.data() + length, buffer.size() - length, static_cast<off_t>(length));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -errno;
    length += static_cast<std::size_t>(n);
    if (n < kSurelyAll) return static_cast<ssize_t>(length);
    if (length == buffer.size()) {
      buffer.grow();
      length = 0;
    }
  }
}

}  // namespace

void GroupFiles::attach(std::size_t hierarchy, FileDescriptor directory) {
  directories_[hierarchy] = std::move(directory);
  present_.set(hierarchy);
}

void GroupFiles::detach(std::size_t hierarchy) {
  directories_[hierarchy].reset();
  present_.reset(hierarchy);
}

std::size_t GroupFiles::open_directories() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(directories_, [](const auto& fd) { return static_cast<bool>(fd); }));
}

FileDescriptor GroupFiles::open(std::size_t hierarchy, const char* name, std::string_view path,
                                const CgroupLayout& layout) const {
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  if (directories_[hierarchy]) {
    return FileDescriptor(::openat(directories_[hierarchy].get(), name, kFlags));
  }
  std::array<char, PATH_MAX> whole;
  if (path.size() + 1 + std::strlen(name) >= whole.size()) {
    errno = ENAMETOOLONG;
    return {};
  }
  char* end = std::ranges::copy(path.substr(1), whole.data()).out;
  if (end != whole.data()) *end++ = '/';
  std::strcpy(end, name);
  return FileDescriptor(::openat(layout.hierarchies[hierarchy].root.get(), whole.data(), kFlags));
}

// Every group has cgroup.procs for as long as it lives.
ReadOutcome GroupFiles::missing_or_gone(std::size_t hierarchy, std::string_view path,
                                        const CgroupLayout& layout) const {
  if (open(hierarchy, "cgroup.procs", path, layout)) return ReadOutcome::kMissing;
  return errno == ENOENT || errno == ENODEV ? ReadOutcome::kGone : ReadOutcome::kMissing;
}

int GroupFiles::hierarchy_of(GroupFile file, const CgroupLayout& layout) const {
  if (file != GroupFile::kProcs) return layout.index(kFiles[index_of(file)].controller);
  for (std::size_t controller = 0; controller < kControllerCount; ++controller) {
    const int index = layout.of[controller];
    if (index >= 0 && present_[static_cast<std::size_t>(index)]) return index;
  }
  return -1;
}

ReadOutcome GroupFiles::read(GroupFile file, std::string_view path, const ReadContext& context,
                             std::string_view& text) {
  if (absent_[index_of(file)]) return ReadOutcome::kMissing;
  const int index = hierarchy_of(file, context.layout);
  if (index < 0 || !present_[static_cast<std::size_t>(index)]) return ReadOutcome::kMissing;
  const auto hierarchy = static_cast<std::size_t>(index);
  const char* name = kFiles[index_of(file)].name;
  if (file == GroupFile::kBlkioBytes) name = context.blkio[0];
  if (file == GroupFile::kBlkioOperations) name = context.blkio[1];
  if (name == nullptr) return ReadOutcome::kMissing;

  const bool keepable = index_of(file) < kKeepableFileCount;
  FileDescriptor opened;
  int fd = keepable ? files_[index_of(file)].get() : -1;
  if (fd < 0) {
    opened = open(hierarchy, name, path, context.layout);
    if (!opened) {
      const int error = errno;
      if (error == EMFILE || error == ENFILE) return ReadOutcome::kMissing;
      const ReadOutcome outcome = missing_or_gone(hierarchy, path, context.layout);
      if (outcome == ReadOutcome::kMissing) absent_.set(index_of(file));
      return outcome;
    }
    fd = opened.get();
  }
  const ssize_t length = read_whole(fd, context.buffer);
  if (length < 0) {
    if (length == -ENODEV) return ReadOutcome::kGone;
    if (length == -EOPNOTSUPP) absent_.set(index_of(file));  // pressure that is switched off
    return ReadOutcome::kMissing;
  }
  if (opened && keepable && kept_count_ < context.keep) {
    files_[index_of(file)] = std::move(opened);
    ++kept_count_;
  }
  text = {context.buffer.data(), static_cast<std::size_t>(length)};
  return ReadOutcome::kRead;
}

ReadOutcome GroupFiles::read_named(Controller controller, const char* name, std::string_view path,
                                   const ReadContext& context, std::string_view& text) {
  const int index = context.layout.index(controller);
  if (index < 0 || !present_[static_cast<std::size_t>(index)]) return ReadOutcome::kMissing;
  const FileDescriptor fd = open(static_cast<std::size_t>(index), name, path, context.layout);
  if (!fd) return ReadOutcome::kMissing;
  const ssize_t length = read_whole(fd.get(), context.buffer);
  if (length == -ENODEV) return ReadOutcome::kGone;
  if (length < 0) return ReadOutcome::kMissing;
  text = {context.buffer.data(), static_cast<std::size_t>(length)};
  return ReadOutcome::kRead;
}

void GroupFiles::keep_only(unsigned keep) {
  for (std::size_t i = kKeepableFileCount; i-- > 0 && kept_count_ > keep;) {
    if (!files_[i]) continue;
    files_[i].reset();
    --kept_count_;
  }
}

}  // namespace exporter
