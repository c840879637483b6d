// Node 0, zone      DMA
//   per-node stats
//       nr_inactive_anon 51516
//   pages free     3840
//         min      10
//         protection: (0, 2928, 24012, 24012, 24012)
//       nr_free_pages 3840
//   pagesets
//     cpu: 0
#include "exporter/host/zoneinfo.h"

#include <algorithm>

#include "exporter/core/number_text.h"
#include "exporter/core/scan.h"

namespace exporter {
namespace {

struct Field {
  std::string_view name;
  Family family;
};

constexpr Field gauge(std::string_view name, std::string_view family, std::string_view help) {
  return {name, {family, help, MetricType::kGauge, {"node", "zone"}}};
}

constexpr Field counter(std::string_view name, std::string_view family, std::string_view help) {
  return {name, {family, help, MetricType::kCounter, {"node", "zone"}}};
}

// Sorted by the name in the file.
constexpr std::array<Field, MemoryZone::kFields> kFields{{
    gauge("high", "node_zoneinfo_high_pages", "Free pages above which nothing is reclaimed."),
    gauge("low", "node_zoneinfo_low_pages", "Free pages below which reclaiming starts."),
    gauge("managed", "node_zoneinfo_managed_pages", "Pages that the allocator manages."),
    gauge("min", "node_zoneinfo_min_pages", "Free pages kept for emergencies."),
    gauge("nr_active_anon", "node_zoneinfo_nr_active_anon_pages", "Anonymous pages used lately."),
    gauge("nr_active_file", "node_zoneinfo_nr_active_file_pages", "Pages of files used lately."),
    gauge("nr_anon_pages", "node_zoneinfo_nr_anon_pages", "Anonymous pages that are mapped."),
    gauge("nr_anon_transparent_hugepages", "node_zoneinfo_nr_anon_transparent_hugepages",
          "Anonymous huge pages."),
    counter("nr_dirtied", "node_zoneinfo_nr_dirtied_total", "Pages that became dirty."),
    gauge("nr_dirty", "node_zoneinfo_nr_dirty_pages", "Dirty pages."),
    gauge("nr_file_pages", "node_zoneinfo_nr_file_pages", "Pages of files."),
    gauge("nr_free_pages", "node_zoneinfo_nr_free_pages", "Free pages."),
    gauge("nr_inactive_anon", "node_zoneinfo_nr_inactive_anon_pages",
          "Anonymous pages not used lately."),
    gauge("nr_inactive_file", "node_zoneinfo_nr_inactive_file_pages",
          "Pages of files not used lately."),
    gauge("nr_isolated_anon", "node_zoneinfo_nr_isolated_anon_pages",
          "Anonymous pages taken off their list for a while."),
    gauge("nr_isolated_file", "node_zoneinfo_nr_isolated_file_pages",
          "Pages of files taken off their list for a while."),
    gauge("nr_kernel_stack", "node_zoneinfo_nr_kernel_stacks", "Kernel stacks, in KiB."),
    gauge("nr_mapped", "node_zoneinfo_nr_mapped_pages", "Pages of files that are mapped."),
    gauge("nr_mlock_stack", "node_zoneinfo_nr_mlock_stack_pages", "Locked pages."),
    gauge("nr_shmem", "node_zoneinfo_nr_shmem_pages", "Pages of shared memory and tmpfs."),
    gauge("nr_slab_reclaimable", "node_zoneinfo_nr_slab_reclaimable_pages",
          "Slab pages that can be reclaimed."),
    gauge("nr_slab_unreclaimable", "node_zoneinfo_nr_slab_unreclaimable_pages",
          "Slab pages that cannot be reclaimed."),
    gauge("nr_unevictable", "node_zoneinfo_nr_unevictable_pages", "Pages that cannot be evicted."),
    gauge("nr_writeback", "node_zoneinfo_nr_writeback_pages", "Pages being written back."),
    counter("nr_written", "node_zoneinfo_nr_written_total", "Pages that were written back."),
    counter("numa_foreign", "node_zoneinfo_numa_foreign_total",
            "Pages meant for this node and taken from another."),
    counter("numa_hit", "node_zoneinfo_numa_hit_total", "Pages taken from the node they were for."),
    counter("numa_interleave", "node_zoneinfo_numa_interleave_total",
            "Interleaved pages taken from the node they were for."),
    counter("numa_local", "node_zoneinfo_numa_local_total",
            "Pages taken from here by a process here."),
    counter("numa_miss", "node_zoneinfo_numa_miss_total",
            "Pages taken from here and meant for another node."),
    counter("numa_other", "node_zoneinfo_numa_other_total",
            "Pages taken from here by a process elsewhere."),
    gauge("present", "node_zoneinfo_present_pages", "Pages that exist."),
    gauge("scanned", "node_zoneinfo_scanned_pages", "Pages scanned since the last were reclaimed."),
    gauge("spanned", "node_zoneinfo_spanned_pages", "Pages from the first to the last, gaps too."),
}};
static_assert(std::ranges::is_sorted(kFields, {}, &Field::name));

constexpr Family kProtection{"node_zoneinfo_protection_",
                             "Pages kept from allocations that could use a higher zone.",
                             MetricType::kGauge,
                             {"node", "zone"}};

class ZoneinfoCollector final : public Collector {
 public:
  explicit ZoneinfoCollector(const HostContext& context)
      : file_(context.roots.procfs + "/zoneinfo", FileShape::kManyRecords) {}

  std::string_view name() const override { return "zoneinfo"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const auto text = file_.read(scrape.buffer);
    if (!text) return std::unexpected(text.error());
    LineErrors errors;
    parse_zoneinfo(*text, zones_, errors);
    for (std::size_t i = 0; i < kFields.size(); ++i) {
      out.family(kFields[i].family);
      for (const MemoryZone& zone : zones_) {
        if (zone.fields[i]) out.add(*zone.fields[i], zone.node, zone.zone);
      }
    }
    for (std::size_t i = 0; i < MemoryZone::kMaxProtection; ++i) {
      const NumberText index(i);
      out.named_family(kProtection, {index});
      for (const MemoryZone& zone : zones_) {
        if (i < zone.protections) out.add(zone.protection[i], zone.node, zone.zone);
      }
    }
    return errors.result(file_.path());
  }

 private:
  KernelFile file_;
  std::vector<MemoryZone> zones_;
};

// " (0, 2928, 24012)"
bool parse_protection(std::string_view text, MemoryZone& zone) {
  skip_blanks(text);
  char before = '(';
  while (text.starts_with(before)) {
    text.remove_prefix(1);
    const auto value = next_integer(text);
    if (!value || zone.protections == zone.protection.size()) return false;
    zone.protection[zone.protections++] = *value;
    before = ',';
  }
  return text == ")";
}

bool begin_zone(std::string_view line, std::vector<MemoryZone>& zones) {
  MemoryZone zone;
  next_word(line);
  zone.node = next_word(line);
  if (!zone.node.ends_with(',') || next_word(line) != "zone") return false;
  zone.node.remove_suffix(1);
  zone.zone = next_word(line);
  if (zone.zone.empty()) return false;
  zones.push_back(zone);
  return true;
}

}  // namespace

void parse_zoneinfo(std::string_view text, std::vector<MemoryZone>& zones, LineErrors& errors) {
  zones.clear();
  bool in_zone = false;
  std::string_view line;
  while (next_line(text, line)) {
    if (line.starts_with("Node")) {
      in_zone = begin_zone(line, zones);
      if (!in_zone) errors.add(line);
      continue;
    }
    if (!in_zone) continue;
    MemoryZone& zone = zones.back();
    std::string_view rest = line;
    const std::string_view name = next_word(rest);
    if (name == "protection:") {
      if (!parse_protection(rest, zone)) errors.add(line);
      continue;
    }
    const auto field = std::ranges::lower_bound(kFields, name, {}, &Field::name);
    if (field == kFields.end() || field->name != name) continue;
    const auto value = next_integer(rest);
    if (!value) errors.add(line);
    if (value) zone.fields[static_cast<std::size_t>(field - kFields.begin())] = *value;
  }
}

CollectorRow zoneinfo_row() {
  return {"zoneinfo",
          false,
          "memory per node and zone (/proc/zoneinfo)",
          {},
          make_collector<ZoneinfoCollector>};
}

}  // namespace exporter
