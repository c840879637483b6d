#include "exporter/host/filesystem_mounts.h"

#include <linux/magic.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <system_error>
#include <tuple>

namespace exporter {
namespace {

constexpr std::string_view kTimeout = "mountpoint timeout";

constexpr std::array<std::string_view, 6> kLocalTypes{"devtmpfs", "ext2",  "ext3",
                                                      "ext4",     "ramfs", "tmpfs"};

bool is_local_type(std::string_view fs_type) {
  return std::ranges::find(kLocalTypes, fs_type) != kLocalTypes.end();
}

bool is_local_magic(const struct statfs& answer) {
  return answer.f_type == EXT4_SUPER_MAGIC || answer.f_type == TMPFS_MAGIC ||
         answer.f_type == RAMFS_MAGIC;
}

std::string without_slash(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  return path;
}

// As node_exporter's errors read: in lower case.
std::string error_text(int error) {
  std::string text = std::generic_category().message(error);
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

bool Mount::is_read_only() const {
  const bool answered = has_answered && error.empty();
  return listed_read_only || (answered && (answer.f_flags & ST_RDONLY) != 0);
}

bool Mount::answers_at_once() const {
  return is_local && has_answered && error.empty() && is_local_magic(answer) && !task->busy();
}

FilesystemMounts::FilesystemMounts(const HostContext& context, Settings settings)
    : rootfs_(without_slash(context.roots.rootfs)),
      statfs_(context.statfs),
      patience_(context.patience),
      settings_(std::move(settings)) {}

// What is mounted below rootfs is named as the machine itself names it.
Mount FilesystemMounts::make_mount(const MountLine& line) const {
  Mount mount;
  mount.id = line.id;
  mount.device = unescape_mount(line.source);
  mount.fs_type = line.fs_type;
  mount.mount_point = unescape_mount(line.mount_point);
  if (mount.mount_point.starts_with(rootfs_)) {
    const std::string inside = mount.mount_point.substr(rootfs_.size());
    if (inside.empty()) mount.mount_point = "/";
    if (inside.starts_with('/')) mount.mount_point = inside;
  }
  mount.major = line.major;
  mount.minor = line.minor;
  mount.listed_read_only = line.is_read_only();
  return mount;
}

// Below another root the list may be that of other mounts than the paths lead through.
bool FilesystemMounts::is_local(const MountLine& line) const {
  if (!rootfs_.empty() || !is_local_type(line.fs_type)) return false;
  for (std::string_view path = line.mount_point;;) {
    if (remote_.contains(path)) return false;
    if (path.size() <= 1) return true;
    path = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
  }
}

void FilesystemMounts::list(std::span<const MountLine> lines) {
  std::vector<Mount> before = std::move(mounts_);
  mounts_.clear();
  remote_.clear();
  for (const MountLine& line : lines) {
    if (!is_local_type(line.fs_type)) remote_.emplace(line.mount_point);
  }
  std::set<std::tuple<std::string, std::string, std::string>> seen;
  for (const MountLine& line : lines) {
    Mount mount = make_mount(line);
    if (!settings_.mount_points.passes(mount.mount_point)) continue;
    if (!settings_.fs_types.passes(mount.fs_type)) continue;
    if (!seen.emplace(mount.device, mount.fs_type, mount.mount_point).second) continue;
    const auto same = std::ranges::find_if(before, [&](const Mount& old) {
      return old.task && old.id == mount.id && old.device == mount.device &&
             old.fs_type == mount.fs_type && old.mount_point == mount.mount_point;
    });
    if (same != before.end()) {
      const bool read_only = mount.listed_read_only;
      mount = std::move(*same);
      mount.listed_read_only = read_only;
    } else {
      mount.task = std::make_shared<StatfsTask>(statfs_, rootfs_ + mount.mount_point);
    }
    mount.is_local = is_local(line);
    mounts_.push_back(std::move(mount));
  }
}

void FilesystemMounts::ask(std::int64_t now_ns) {
  tasks_.clear();
  for (Mount& mount : mounts_) {
    if (!mount.task->busy()) mount.asked_at_ns = now_ns;
    if (!mount.answers_at_once()) tasks_.push_back(mount.task);
  }
  if (!tasks_.empty()) worker_.start(tasks_);
}

void FilesystemMounts::take(Mount& mount) const {
  const int error = mount.task->error();
  mount.has_answered = true;
  mount.answer = mount.task->answer();
  if (error == 0) {
    mount.error.clear();
  } else if (mount.error.empty() || error != mount.error_number) {
    mount.error = error_text(error);
  }
  mount.error_number = error;
}

bool FilesystemMounts::take_answers(std::int64_t now_ns) {
  for (const Mount& mount : mounts_) {
    if (mount.answers_at_once()) mount.task->ask_here();
  }
  if (!tasks_.empty()) worker_.wait(patience_);
  bool stale = false;
  for (Mount& mount : mounts_) {
    if (!mount.task->busy()) {
      take(mount);
    } else if (mount.has_answered && now_ns - mount.asked_at_ns < settings_.timeout_ns) {
      stale = true;
    } else {
      mount.error = kTimeout;
      mount.error_number = 0;
      mount.has_answered = false;
    }
  }
  return stale;
}

}  // namespace exporter
