// All control groups of the machine, over all hierarchies, kept from scrape to scrape. A directory
// is listed again only when its number of links says that a group came or went, or when one below
// it turned out to be gone. What lies inside a container is kept for the count of its processes
// alone, except further containers. Used under the scrape lock.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "exporter/containers/group.h"
#include "exporter/containers/limit_watch.h"
#include "exporter/core/name_filter.h"

namespace exporter {

struct TreeLimits {
  std::size_t groups = 10'000;       // more are left out
  std::size_t directories = 16'384;  // descriptors; groups beyond that are read by path
};

class GroupTree {
 public:
  GroupTree(CgroupLayout layout, NameFilter filter, TreeLimits limits);
  ~GroupTree();

  // Looks for groups that came or went.
  void refresh();

  // Every group, parents before children, in the order of their names.
  std::span<Group* const> groups() const { return order_; }
  // Changes when groups() does.
  std::uint64_t generation() const { return generation_; }

  // To be called for a group that turned out to be gone; the next refresh() takes it out, or finds
  // another of the same name.
  static void mark_gone(Group& group);

  const CgroupLayout& layout() const { return layout_; }
  std::size_t left_out() const { return left_out_; }
  std::size_t open_directories() const { return directories_; }
  std::size_t watches() const { return watch_.size(); }

 private:
  struct Listed {
    std::string name;
    std::size_t hierarchy;
    auto operator<=>(const Listed&) const = default;
  };

  void visit(Group& group, unsigned depth);
  bool changed(Group& group) const;
  void list(Group& group, unsigned depth);
  void attach(Group& group, std::size_t hierarchy);
  void update_children(Group& group);
  std::unique_ptr<Group> make_child(Group& parent, const std::string& name);
  void drop(Group& group);
  void append_in_order(Group& group);

  CgroupLayout layout_;
  NameFilter filter_;
  TreeLimits limits_;
  LimitWatch watch_;
  std::unique_ptr<Group> root_;
  std::vector<Group*> order_;
  std::vector<Listed> listed_;
  std::size_t count_ = 1;
  std::size_t left_out_ = 0;
  std::size_t directories_ = 0;
  std::uint64_t generation_ = 0;
  bool restructured_ = true;
};

}  // namespace exporter
