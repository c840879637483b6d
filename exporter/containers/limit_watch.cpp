#include "exporter/containers/limit_watch.h"

#include <sys/inotify.h>

#include <string_view>

namespace exporter {
namespace {

// Files that the kernel reports as modified when their counts change.
bool holds_no_limit(std::string_view file) {
  return file.ends_with(".events") || file.ends_with(".events.local") || file == "cgroup.procs" ||
         file == "tasks";
}

}  // namespace

void LimitWatch::add(Group& group, const CgroupLayout& layout) {
  group.watched = true;
  for (std::size_t i = 0; i < layout.hierarchies.size() && group.watched; ++i) {
    if (!layout.hierarchies[i].watch || !group.files.is_in(i)) continue;
    // A group that is read by its path may have been made anew unseen.
    if (group.files.directory(i) < 0) {
      group.watched = false;
      break;
    }
    const int watch = files_.watch(layout.hierarchies[i].path + group.path,
                                   IN_MODIFY | IN_ONLYDIR | IN_EXCL_UNLINK);
    if (watch == FileWatch::kNone) {
      group.watched = false;
    } else {
      groups_[watch] = &group;
    }
  }
}

void LimitWatch::remove(const Group& group) {
  std::erase_if(groups_, [&](const auto& entry) {
    if (entry.second != &group) return false;
    files_.unwatch(entry.first);
    return true;
  });
}

void LimitWatch::drain() {
  files_.drain([this](int watch, std::string_view file) {
    if (watch == FileWatch::kNone) {
      for (auto& [number, group] : groups_) group->limits_stale = group->events_stale = true;
      return;
    }
    const bool events = file == "memory.events";
    if (!events && holds_no_limit(file)) return;
    if (const auto found = groups_.find(watch); found != groups_.end()) {
      (events ? found->second->events_stale : found->second->limits_stale) = true;
    }
  });
}

}  // namespace exporter
