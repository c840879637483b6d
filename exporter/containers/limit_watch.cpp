#include "exporter/containers/limit_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <cstring>
#include <string_view>

namespace exporter {
namespace {

// Files that the kernel reports as modified when their counts change.
bool holds_no_limit(std::string_view file) {
  return file.ends_with(".events") || file.ends_with(".events.local") || file == "cgroup.procs" ||
         file == "tasks";
}

}  // namespace

LimitWatch::LimitWatch() : inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

void LimitWatch::add(Group& group, const CgroupLayout& layout) {
  group.watched = static_cast<bool>(inotify_);
  for (std::size_t i = 0; i < layout.hierarchies.size() && group.watched; ++i) {
    if (!layout.hierarchies[i].watch || !group.files.is_in(i)) continue;
    const std::string path = layout.hierarchies[i].path + group.path;
    const int watch =
        ::inotify_add_watch(inotify_.get(), path.c_str(), IN_MODIFY | IN_ONLYDIR | IN_EXCL_UNLINK);
    if (watch < 0) {
      group.watched = false;
    } else {
      groups_[watch] = &group;
    }
  }
}

void LimitWatch::remove(const Group& group) {
  std::erase_if(groups_, [&](const auto& entry) {
    if (entry.second != &group) return false;
    ::inotify_rm_watch(inotify_.get(), entry.first);
    return true;
  });
}

void LimitWatch::drain() {
  alignas(inotify_event) char buffer[8192];
  for (;;) {
    const ssize_t length = ::read(inotify_.get(), buffer, sizeof buffer);
    if (length <= 0) return;
    for (ssize_t at = 0; at < length;) {
      inotify_event event{};
      std::memcpy(&event, buffer + at, sizeof event);
      const char* file = buffer + at + sizeof event;
      at += static_cast<ssize_t>(sizeof event + event.len);
      if ((event.mask & IN_Q_OVERFLOW) != 0) {
        for (auto& [watch, group] : groups_) group->limits_stale = true;
        continue;
      }
      if (event.len > 0 && holds_no_limit(file)) continue;
      if (const auto found = groups_.find(event.wd); found != groups_.end()) {
        found->second->limits_stale = true;
      }
    }
  }
}

}  // namespace exporter
