// A line of mountinfo: "620 540 0:57 / / rw,relatime - overlay overlay
// rw,lowerdir=…,upperdir=/var/lib/docker/overlay2/3f/diff,workdir=…"
#include "exporter/containers/disk_usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <set>

#include "exporter/core/kernel_file.h"
#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr std::size_t kMaxDepth = 128;

// Sleeps until the time has passed or the thread is asked to stop.
void sleep_for(std::int64_t ns, const std::stop_token& stop) {
  std::mutex lock;
  std::condition_variable_any never;
  std::unique_lock guard(lock);
  never.wait_for(guard, stop, std::chrono::nanoseconds(ns), [] { return false; });
}

}  // namespace

std::optional<std::string> parse_upper_directory(std::string_view mountinfo) {
  constexpr std::string_view kUpper = "upperdir=";
  std::optional<std::string> found;
  std::string_view line;
  while (next_line(mountinfo, line)) {
    for (int i = 0; i < 4; ++i) next_word(line);
    if (next_word(line) != "/") continue;
    const std::size_t dash = line.find(" - overlay ");
    if (dash == std::string_view::npos) continue;
    const std::size_t at = line.find(kUpper, dash);
    if (at == std::string_view::npos) continue;
    std::string_view directory = line.substr(at + kUpper.size());
    directory = directory.substr(0, directory.find_first_of(", "));
    if (directory.starts_with('/')) found = std::string(directory);
  }
  return found;
}

DiskUsage::DiskUsage(const Clock& clock)
    : clock_(clock), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void DiskUsage::set(std::map<std::string, std::string> directories) {
  const std::lock_guard guard(lock_);
  std::erase_if(uses_, [&](const auto& use) { return !directories.contains(use.first); });
  directories_ = std::move(directories);
}

std::optional<DiskUse> DiskUsage::get(const std::string& key) const {
  const std::lock_guard guard(lock_);
  const auto found = uses_.find(key);
  return found == uses_.end() ? std::nullopt : std::optional(found->second);
}

// After its share of the round is used up, waits for the next round.
void DiskUsage::rest_when_due(const std::stop_token& stop) {
  const std::int64_t now_ns = clock_.now().mono_ns;
  if (now_ns - working_since_ns_ < kShareNs) return;
  const std::int64_t next_ns = round_began_ns_ + kRoundNs;
  if (next_ns > now_ns) sleep_for(next_ns - now_ns, stop);
  round_began_ns_ = working_since_ns_ = clock_.now().mono_ns;
}

bool DiskUsage::walk(const std::string& directory, DiskUse& use, const std::stop_token& stop) {
  using Directory = std::unique_ptr<DIR, int (*)(DIR*)>;
  std::vector<Directory> open;
  std::set<std::pair<dev_t, ino_t>> linked;
  FileDescriptor root(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  struct stat top{};
  struct statfs room{};
  if (!root || ::fstat(root.get(), &top) != 0 || ::fstatfs(root.get(), &room) != 0) return false;
  use.major = major(top.st_dev);
  use.minor = minor(top.st_dev);
  use.limit_bytes =
      static_cast<std::uint64_t>(room.f_blocks) * static_cast<std::uint64_t>(room.f_bsize);
  use.inodes = static_cast<std::uint64_t>(room.f_files);
  use.free_inodes = static_cast<std::uint64_t>(room.f_ffree);
  open.emplace_back(::fdopendir(root.get()), ::closedir);
  if (!open.back()) return false;
  root.release();
  while (!open.empty()) {
    if (stop.stop_requested()) return false;
    rest_when_due(stop);
    const dirent* entry = ::readdir(open.back().get());
    if (entry == nullptr) {
      open.pop_back();
      continue;
    }
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    const int parent = ::dirfd(open.back().get());
    struct stat status{};
    if (::fstatat(parent, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        status.st_dev != top.st_dev) {
      continue;
    }
    if (!S_ISDIR(status.st_mode) && status.st_nlink > 1 &&
        !linked.insert({status.st_dev, status.st_ino}).second) {
      continue;
    }
    use.bytes += static_cast<std::uint64_t>(status.st_blocks) * 512;
    if (!S_ISDIR(status.st_mode) || open.size() == kMaxDepth) continue;
    FileDescriptor below(
        ::openat(parent, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!below) continue;
    Directory deeper(::fdopendir(below.get()), ::closedir);
    if (!deeper) continue;
    below.release();
    open.push_back(std::move(deeper));
  }
  return true;
}

void DiskUsage::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    round_began_ns_ = working_since_ns_ = clock_.now().mono_ns;
    std::map<std::string, std::string> directories;
    {
      const std::lock_guard guard(lock_);
      directories = directories_;
    }
    for (const auto& [key, directory] : directories) {
      DiskUse use;
      if (!walk(directory, use, stop)) continue;
      const std::lock_guard guard(lock_);
      if (directories_.contains(key)) uses_[key] = use;
    }
    // Before the first scrape nobody has asked for anything yet.
    const std::int64_t until_ns = round_began_ns_ + (directories.empty() ? kShareNs : kRoundNs);
    sleep_for(std::max<std::int64_t>(until_ns - clock_.now().mono_ns, 1'000'000), stop);
  }
}

}  // namespace exporter
