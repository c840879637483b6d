#include "exporter/containers/collector.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "exporter/containers/block_io.h"
#include "exporter/containers/detail_families.h"
#include "exporter/containers/disk_usage.h"
#include "exporter/containers/families.h"
#include "exporter/containers/group_reader.h"
#include "exporter/containers/group_tree.h"
#include "exporter/containers/machine.h"
#include "exporter/containers/names.h"
#include "exporter/containers/network.h"
#include "exporter/containers/process_details.h"
#include "exporter/containers/process_start.h"
#include "exporter/containers/state_families.h"

namespace exporter {
namespace {

// Kernel memory that one descriptor pins, as the kernel accounts it, and a margin: of a directory,
// with its name, its inode and the watch on it; of a file that was read.
constexpr std::size_t kDirectoryBytes = 1280;
constexpr std::size_t kFileBytes = 6000;

constexpr Family kScrapeError{"container_scrape_error",
                              "1 when some control groups could not be reported, else 0."};

constexpr Family kDiskUsage{"container_fs_usage_bytes",
                            "Blocks that the container's writable layer takes.",
                            MetricType::kGauge,
                            {"device"}};
constexpr Family kInodes{"container_fs_inodes_total",
                         "Inodes of the file system that the writable layer lies on.",
                         MetricType::kGauge,
                         {"device"}};
constexpr Family kFreeInodes{"container_fs_inodes_free",
                             "Inodes of that file system that are free.",
                             MetricType::kGauge,
                             {"device"}};
constexpr Family kDiskLimit{"container_fs_limit_bytes",
                            "Size of the file system that the writable layer lies on.",
                            MetricType::kGauge,
                            {"device"}};

// Descriptors that containers may take, leaving the web its own.
std::size_t descriptors_for_containers() {
  constexpr std::size_t kForOthers = 2560;
  rlimit limits{};
  if (::getrlimit(RLIMIT_NOFILE, &limits) != 0) return 256;
  const auto all = static_cast<std::size_t>(limits.rlim_cur);
  return std::max(all / 4, all > kForOthers ? all - kForOthers : 0);
}

class ContainerCollector final : public Collector {
 public:
  ContainerCollector(const Roots& roots, ContainerOptions options, ContainerFollower& follower)
      : roots_(roots),
        options_(std::move(options)),
        follower_(follower),
        devices_(roots.sysfs),
        networks_(roots.procfs, options_.sockets),
        starts_(roots.procfs),
        machine_(roots, options_.machine_topology) {
    more_.per_cpu = options_.per_cpu;
    more_.numa = options_.numa;
    more_.processes = options_.processes;
    more_.page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    if (options_.disk_usage) disk_usage_.emplace(follower.clock());
    if (options_.hugetlb) more_.huge_page_sizes = find_huge_page_sizes(roots.sysfs);
  }

  std::string_view name() const override { return "containers"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    if (!tree_) {
      auto layout = find_cgroups(roots_.sysfs, options_.hugetlb);
      if (!layout) return std::unexpected(layout.error());
      descriptors_ = descriptors_for_containers();
      roots_kept_ = layout->hierarchies.size();
      const std::size_t by_memory = options_.kernel_memory_bytes / kDirectoryBytes;
      tree_.emplace(
          std::move(*layout), options_.groups,
          TreeLimits{.groups = 10'000,
                     .directories =
                         std::min(descriptors_ / 2, by_memory - std::min(by_memory, roots_kept_))});
    }
    read_groups(scrape);
    const auto roster = follower_.roster();
    join_names(exported_, roster, options_.labels, starts_);
    networks_.read(exported_, scrape.buffer);
    report_oom_kills(scrape.now);
    write_group_families(exported_, scrape.now, options_.per_cpu, out);
    if (options_.details) write_detail_families(exported_, out);
    if (options_.numa) write_numa(exported_, out);
    if (options_.processes) {
      read_process_details(exported_, roots_.procfs, scrape.buffer);
      write_process_details(exported_, out);
    }
    if (options_.hugetlb) write_hugetlb(exported_, out);
    write_block_io(exported_, devices_, options_.details, out);
    ContainerNetworks::write(exported_, out);
    if (disk_usage_) write_disk_usage(out);
    machine_.write(scrape, out);
    states_.write(exported_, tree_->generation(), *roster, *follower_.view(), follower_.ledger(),
                  out);
    out.family(kScrapeError);
    out.add(tree_->left_out() > 0 ? 1 : 0);
    if (tree_->left_out() > 0) {
      return fail(ErrorKind::kUnavailable, roots_.sysfs + "/fs/cgroup: too many control groups, " +
                                               std::to_string(tree_->left_out()) + " left out");
    }
    return {};
  }

 private:
  // A group that goes while it is read is left out, and whether another took its place is looked up
  // at once.
  void read_groups(const Scrape& scrape) {
    constexpr int kAttempts = 3;
    ReadContext context{tree_->layout(), scrape.buffer, 0, {}};
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      tree_->refresh();
      share_descriptors();
      if (!blkio_) blkio_ = find_blkio_files(*tree_->groups().front(), context);
      context.blkio = {blkio_->bytes, blkio_->operations};
      exported_.clear();
      bool all_there = true;
      for (std::size_t i = 0; i < tree_->groups().size(); ++i) {
        Group* group = tree_->groups()[i];
        context.keep = kept_of(i);
        if (!read_group(*group, context, more_)) {
          GroupTree::mark_gone(*group);
          all_there = false;
        } else if (group->exported) {
          exported_.push_back(group);
        }
      }
      if (all_there) break;
    }
  }

  // So many files of each group stay open as the memory for it allows.
  void share_descriptors() {
    if (tree_->generation() == shared_generation_) return;
    shared_generation_ = tree_->generation();
    const std::size_t groups = tree_->groups().size();
    const std::size_t directories = tree_->open_directories();
    const std::size_t used = (directories + roots_kept_) * kDirectoryBytes;
    const std::size_t memory = options_.kernel_memory_bytes;
    const std::size_t by_memory = memory > used ? (memory - used) / kFileBytes : 0;
    const std::size_t by_count = descriptors_ > directories ? descriptors_ - directories : 0;
    const std::size_t files = std::min({by_memory, by_count, kKeepableFileCount * groups});
    keep_ = static_cast<unsigned>(files / groups);
    keep_more_ = files % groups;
    for (std::size_t i = 0; i < groups; ++i) tree_->groups()[i]->files.keep_only(kept_of(i));
  }

  // The first groups in order have what is left over.
  unsigned kept_of(std::size_t group) const { return keep_ + (group < keep_more_ ? 1 : 0); }

  // Kills go to the account of the name, which outlives the group.
  void report_oom_kills(const Moment& now) {
    bool news = false;
    for (Group* group : exported_) {
      const ContainerIdentity* identity = group->record ? &group->record->facts.identity : nullptr;
      if (identity == nullptr && group->identity.name.empty()) continue;
      if (!group->account || group->account_record != group->record.get()) {
        ContainerIdentity by_path;
        by_path.name = group->identity.name;
        group->account = follower_.ledger().account(identity == nullptr ? by_path : *identity, now);
        group->account_record = group->record.get();
        group->account_kills = 0;
      }
      const std::uint64_t kills = group->reading.oom_kills.value_or(0);
      if (kills == group->account_kills) continue;
      group->account_kills = kills;
      news = group->account->see_kills(inode_of(*group), kills) || news;
    }
    if (news) follower_.wake();
  }

  // Of the directory that holds the counter.
  std::uint64_t inode_of(const Group& group) const {
    const CgroupLayout& layout = tree_->layout();
    const int memory = layout.index(Controller::kMemory);
    const int index = memory >= 0 ? memory : layout.index(Controller::kUnified);
    struct stat status{};
    if (index < 0) return 0;
    const std::string path = layout.hierarchies[static_cast<std::size_t>(index)].path + group.path;
    return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_ino) : 0;
  }

  // Which layer is whose is asked again only when a container's first process is another.
  void write_disk_usage(SampleWriter& out) {
    bool changed = tree_->generation() != layers_generation_;
    layers_generation_ = tree_->generation();
    for (Group* group : exported_) {
      if (group->identity.kind != GroupKind::kContainer || group->first_process == 0 ||
          group->layer_process == group->first_process) {
        continue;
      }
      group->layer_process = group->first_process;
      const auto mounts =
          read_file(roots_.procfs + "/" + std::to_string(group->first_process) + "/mountinfo");
      const auto upper = mounts ? parse_upper_directory(*mounts) : std::nullopt;
      group->layer = upper ? roots_.in_rootfs(*upper) : "";
      changed = true;
    }
    if (changed) {
      std::map<std::string, std::string> layers;
      for (const Group* group : exported_) {
        if (!group->layer.empty()) layers[group->path] = group->layer;
      }
      disk_usage_->set(std::move(layers));
    }
    const auto write = [&](const Family& family, std::uint64_t DiskUse::* value) {
      out.family(family);
      for (const Group* group : exported_) {
        if (group->layer.empty()) continue;
        if (const auto use = disk_usage_->get(group->path)) {
          out.add_of(group->labels, (*use).*value, devices_.names(use->major, use->minor).device);
        }
      }
    };
    write(kDiskUsage, &DiskUse::bytes);
    write(kDiskLimit, &DiskUse::limit_bytes);
    write(kInodes, &DiskUse::inodes);
    write(kFreeInodes, &DiskUse::free_inodes);
  }

  const Roots roots_;
  const ContainerOptions options_;
  ContainerFollower& follower_;
  BlockDevices devices_;
  ContainerNetworks networks_;
  ProcessStarts starts_;
  MachineFamilies machine_;
  StateFamilies states_;
  std::optional<DiskUsage> disk_usage_;
  std::uint64_t layers_generation_ = 0;
  std::optional<GroupTree> tree_;
  std::optional<BlkioFiles> blkio_;
  ReadMore more_;
  std::size_t descriptors_ = 0;
  std::size_t roots_kept_ = 0;  // directories of the hierarchies themselves
  std::uint64_t shared_generation_ = 0;
  unsigned keep_ = 0;
  std::size_t keep_more_ = 0;
  std::vector<Group*> exported_;
};

}  // namespace

std::unique_ptr<Collector> make_container_collector(const Roots& roots, ContainerOptions options,
                                                    ContainerFollower& follower) {
  return std::make_unique<ContainerCollector>(roots, std::move(options), follower);
}

}  // namespace exporter
