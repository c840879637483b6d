#include "exporter/containers/group_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

namespace exporter {
namespace {

constexpr unsigned kMaxDepth = 32;

bool is_inside_container(const Group& group) { return group.container != nullptr; }

// The hierarchies in which the children of a group are looked for: inside a container one is
// enough, the one that cgroup.procs is read from.
bool looks_into(const Group& group, std::size_t hierarchy, const CgroupLayout& layout) {
  if (!group.files.is_in(hierarchy)) return false;
  if (!is_inside_container(group)) return true;
  for (const int index : layout.of) {
    if (index >= 0 && group.files.is_in(static_cast<std::size_t>(index))) {
      return static_cast<std::size_t>(index) == hierarchy;
    }
  }
  return false;
}

FileDescriptor open_directory(const Group& group, std::size_t hierarchy, const CgroupLayout& layout,
                              int flags) {
  if (const int own = group.files.directory(hierarchy); own >= 0) {
    return FileDescriptor(::openat(own, ".", flags | O_DIRECTORY | O_CLOEXEC));
  }
  const std::string path = "." + group.path;
  return FileDescriptor(::openat(layout.hierarchies[hierarchy].root.get(), path.c_str(),
                                 flags | O_DIRECTORY | O_CLOEXEC));
}

// 2 and one for each child on control group file systems; others may give 1.
std::uint64_t link_count(const Group& group, std::size_t hierarchy, const CgroupLayout& layout) {
  struct stat status{};
  const int own = group.files.directory(hierarchy);
  const int result = own >= 0
                         ? ::fstatat(own, "", &status, AT_EMPTY_PATH)
                         : ::fstatat(layout.hierarchies[hierarchy].root.get(),
                                     group.path == "/" ? "." : group.path.c_str() + 1, &status, 0);
  return result == 0 ? static_cast<std::uint64_t>(status.st_nlink) : 0;
}

bool is_directory(int parent, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
  struct stat status{};
  return ::fstatat(parent, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISDIR(status.st_mode);
}

}  // namespace

GroupTree::GroupTree(CgroupLayout layout, NameFilter filter, TreeLimits limits)
    : layout_(std::move(layout)),
      filter_(std::move(filter)),
      limits_(limits),
      root_(std::make_unique<Group>()) {
  root_->path.assign(1, '/');
  root_->exported = filter_.passes(root_->path);
  for (std::size_t i = 0; i < layout_.hierarchies.size(); ++i) attach(*root_, i);
  watch_.add(*root_, layout_);
}

GroupTree::~GroupTree() = default;

void GroupTree::mark_gone(Group& group) {
  group.gone = true;
  if (group.parent != nullptr) group.parent->unlisted = true;
}

void GroupTree::attach(Group& group, std::size_t hierarchy) {
  FileDescriptor directory;
  if (directories_ < limits_.directories) {
    const std::string path = "." + group.path;
    directory = FileDescriptor(::openat(layout_.hierarchies[hierarchy].root.get(), path.c_str(),
                                        O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (directory) ++directories_;
  }
  group.files.attach(hierarchy, std::move(directory));
}

bool GroupTree::changed(Group& group) const {
  if (group.unlisted) return true;
  for (std::size_t i = 0; i < layout_.hierarchies.size(); ++i) {
    if (!looks_into(group, i, layout_)) continue;
    const std::uint64_t links = link_count(group, i, layout_);
    if (links < 2 || links != group.links[i]) return true;
  }
  return false;
}

void GroupTree::list(Group& group, unsigned depth) {
  listed_.clear();
  group.unlisted = false;
  for (std::size_t i = 0; i < layout_.hierarchies.size(); ++i) {
    if (!looks_into(group, i, layout_)) continue;
    group.links[i] = link_count(group, i, layout_);
    if (depth == kMaxDepth) continue;
    FileDescriptor fd = open_directory(group, i, layout_, O_RDONLY);
    if (!fd) continue;
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::fdopendir(fd.get()), ::closedir);
    if (!directory) continue;
    fd.release();
    while (const dirent* entry = ::readdir(directory.get())) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == ".." || !is_directory(::dirfd(directory.get()), *entry)) continue;
      listed_.push_back({std::string(name), i});
    }
  }
  std::ranges::sort(listed_);
  update_children(group);
}

std::unique_ptr<Group> GroupTree::make_child(Group& parent, const std::string& name) {
  auto child = std::make_unique<Group>();
  child->path = parent.path == "/" ? "/" + name : parent.path + "/" + name;
  child->identity = identify(child->path);
  child->parent = &parent;
  const bool is_container = child->identity.kind == GroupKind::kContainer;
  child->container = is_container ? child.get() : parent.container;
  child->exported = (is_container || parent.container == nullptr) && filter_.passes(child->path);
  return child;
}

// Merges what is there with what was listed, both in the order of the names.
void GroupTree::update_children(Group& group) {
  std::vector<std::unique_ptr<Group>> children;
  auto old = group.children.begin();
  const auto drop_until = [&](std::string_view name, bool all) {
    for (; old != group.children.end() && (all || (*old)->component() < name); ++old) drop(**old);
  };
  for (auto at = listed_.begin(); at != listed_.end();) {
    const std::string& name = at->name;
    const auto end = std::find_if(at, listed_.end(), [&](auto& l) { return l.name != name; });
    drop_until(name, false);
    std::unique_ptr<Group> child;
    if (old != group.children.end() && (*old)->component() == name) {
      if ((*old)->gone) {
        drop(**old);
      } else {
        child = std::move(*old);
      }
      ++old;
    }
    const bool is_new = !child;
    if (is_new) {
      child = make_child(group, name);
      if (child->identity.kind == GroupKind::kIgnored) {
        at = end;
        continue;
      }
      if (count_ >= limits_.groups) {
        ++left_out_;
        group.unlisted = true;
        at = end;
        continue;
      }
      ++count_;
      restructured_ = true;
    }
    bool attached = false;
    for (std::size_t i = 0; i < layout_.hierarchies.size(); ++i) {
      bool there = std::any_of(at, end, [&](auto& l) { return l.hierarchy == i; });
      // A container inside a container: all of its hierarchies, though one was listed.
      if (!there && is_inside_container(group) && child->exported) {
        there = static_cast<bool>(open_directory(*child, i, layout_, O_PATH));
      }
      if (there == child->files.is_in(i)) continue;
      if (there) {
        attach(*child, i);
        attached = true;
      } else {
        if (child->files.directory(i) >= 0) --directories_;
        child->files.detach(i);
      }
    }
    if (attached && child->exported) {
      watch_.add(*child, layout_);
      child->limits_stale = true;
    }
    children.push_back(std::move(child));
    at = end;
  }
  drop_until({}, true);
  group.children = std::move(children);
}

void GroupTree::drop(Group& group) {
  restructured_ = true;
  --count_;
  directories_ -= group.files.open_directories();
  if (group.exported) watch_.remove(group);
  for (const auto& child : group.children) drop(*child);
  group.children.clear();
}

void GroupTree::visit(Group& group, unsigned depth) {
  if (changed(group)) list(group, depth);
  if (depth == kMaxDepth) return;
  for (const auto& child : group.children) visit(*child, depth + 1);
}

void GroupTree::append_in_order(Group& group) {
  order_.push_back(&group);
  for (const auto& child : group.children) append_in_order(*child);
}

void GroupTree::refresh() {
  watch_.drain();
  left_out_ = 0;
  visit(*root_, 0);
  if (!restructured_) return;
  restructured_ = false;
  ++generation_;
  order_.clear();
  append_in_order(*root_);
}

}  // namespace exporter
