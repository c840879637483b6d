// extent_alloc 2 97 0 0
// ig 17 11 0 4 0 0 24
// rw 28 0                     (writes come first)
// Lines and columns that the tables do not name are passed over.
#include "exporter/host/xfs.h"

#include <array>

#include "exporter/core/scan.h"
#include "exporter/host/hardware.h"

namespace exporter {
namespace {

constexpr Family counter(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kCounter, {"device"}};
}

// In the order of the columns.
struct Column {
  std::string_view line;
  Family family;
};

constexpr std::array kColumns{
    Column{"extent_alloc", counter("node_xfs_extent_allocation_extents_allocated_total",
                                   "Extents that were allocated.")},
    Column{"extent_alloc", counter("node_xfs_extent_allocation_blocks_allocated_total",
                                   "Blocks that were allocated.")},
    Column{"extent_alloc",
           counter("node_xfs_extent_allocation_extents_freed_total", "Extents that were freed.")},
    Column{"extent_alloc",
           counter("node_xfs_extent_allocation_blocks_freed_total", "Blocks that were freed.")},
    Column{"abt", counter("node_xfs_allocation_btree_lookups_total",
                          "Look-ups in the trees of free room.")},
    Column{"abt", counter("node_xfs_allocation_btree_compares_total",
                          "Comparisons in the trees of free room.")},
    Column{"abt", counter("node_xfs_allocation_btree_records_inserted_total",
                          "Records put into the trees of free room.")},
    Column{"abt", counter("node_xfs_allocation_btree_records_deleted_total",
                          "Records taken out of the trees of free room.")},
    Column{"blk_map",
           counter("node_xfs_block_mapping_reads_total", "Mappings of blocks for reading.")},
    Column{"blk_map",
           counter("node_xfs_block_mapping_writes_total", "Mappings of blocks for writing.")},
    Column{"blk_map",
           counter("node_xfs_block_mapping_unmaps_total", "Mappings of blocks that were removed.")},
    Column{"blk_map", counter("node_xfs_block_mapping_extent_list_insertions_total",
                              "Extents put into lists of files.")},
    Column{"blk_map", counter("node_xfs_block_mapping_extent_list_deletions_total",
                              "Extents taken out of lists of files.")},
    Column{"blk_map", counter("node_xfs_block_mapping_extent_list_lookups_total",
                              "Look-ups in lists of extents.")},
    Column{"blk_map", counter("node_xfs_block_mapping_extent_list_compares_total",
                              "Comparisons in lists of extents.")},
    Column{"bmbt",
           counter("node_xfs_block_map_btree_lookups_total", "Look-ups in the trees of files.")},
    Column{"bmbt", counter("node_xfs_block_map_btree_compares_total",
                           "Comparisons in the trees of files.")},
    Column{"bmbt", counter("node_xfs_block_map_btree_records_inserted_total",
                           "Records put into the trees of files.")},
    Column{"bmbt", counter("node_xfs_block_map_btree_records_deleted_total",
                           "Records taken out of the trees of files.")},
    Column{"dir", counter("node_xfs_directory_operation_lookup_total",
                          "Names that were looked up in directories.")},
    Column{"dir", counter("node_xfs_directory_operation_create_total",
                          "Names that were added to directories.")},
    Column{"dir", counter("node_xfs_directory_operation_remove_total",
                          "Names that were removed from directories.")},
    Column{"dir", counter("node_xfs_directory_operation_getdents_total",
                          "Times that directories were listed.")},
    Column{"ig",
           counter("node_xfs_inode_operation_attempts_total", "Look-ups in the cache of inodes.")},
    Column{"ig",
           counter("node_xfs_inode_operation_found_total", "Look-ups that found their inode.")},
    Column{"ig", counter("node_xfs_inode_operation_recycled_total",
                         "Look-ups that found an inode about to be reclaimed.")},
    Column{"ig", counter("node_xfs_inode_operation_missed_total",
                         "Look-ups that did not find their inode.")},
    Column{"ig", counter("node_xfs_inode_operation_duplicates_total",
                         "Inodes that somebody else added to the cache first.")},
    Column{"ig", counter("node_xfs_inode_operation_reclaims_total",
                         "Inodes that were taken out of the cache.")},
    Column{"ig", counter("node_xfs_inode_operation_attribute_changes_total",
                         "Changes of attributes of inodes.")},
    Column{"rw", counter("node_xfs_write_calls_total", "Calls that wrote.")},
    Column{"rw", counter("node_xfs_read_calls_total", "Calls that read.")},
    Column{"vnodes", counter("node_xfs_vnode_active_total", "Vnodes not on a free list.")},
    Column{"vnodes", counter("node_xfs_vnode_allocate_total", "Vnodes that were allocated.")},
    Column{"vnodes", counter("node_xfs_vnode_get_total", "Times that a vnode was got.")},
    Column{"vnodes", counter("node_xfs_vnode_hold_total", "Times that a vnode was held.")},
    Column{"vnodes", counter("node_xfs_vnode_release_total", "Times that a vnode was released.")},
    Column{"vnodes", counter("node_xfs_vnode_reclaim_total", "Times that a vnode was reclaimed.")},
    Column{"vnodes", counter("node_xfs_vnode_remove_total", "Times that a vnode was removed.")},
};

void discover(const std::string& directory, HardwarePlan& plan) {
  for (const std::string& device : plan.list(directory)) {
    plan.lines(directory + "/" + device + "/stats/stats",
               [device](std::string_view text, SampleList& out, LineErrors& errors) {
                 parse_xfs_stats(text, device, out, errors);
               });
  }
}

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  const std::string directory = context.roots.sysfs + "/fs/xfs";
  return make_hardware_collector(
      context, {.name = "xfs",
                .places = {directory},
                .discover = [directory](HardwarePlan& plan) { discover(directory, plan); },
                .no_device = NoDevice::kFine});
}

}  // namespace

void parse_xfs_stats(std::string_view text, std::string_view device, SampleList& out,
                     LineErrors& errors) {
  std::string_view line;
  while (next_line(text, line)) {
    std::string_view rest = line;
    const std::string_view name = next_word(rest);
    bool is_read = true;
    for (const Column& column : kColumns) {
      if (column.line != name || !is_read) continue;
      const auto value = next_number<std::uint64_t>(rest);
      is_read = value.has_value();
      if (is_read) out.add(column.family, *value, device);
    }
    if (!is_read) errors.add(line);
  }
}

CollectorRow xfs_row() {
  return {"xfs", true, "what XFS file systems did (/sys/fs/xfs)", {}, make};
}

}  // namespace exporter
