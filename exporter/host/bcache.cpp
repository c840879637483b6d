// UUID/btree_cache_size: "12.3M"; UUID/internal/btree_read_average_duration_us: "1305"
// UUID/bdev0/stats_total/cache_hits: "289", bypassed: "46.0k"
// UUID/bdev0/writeback_rate_debug:  rate:		1.1M/sec
//                                   dirty:		20.4G
//                                   target:		20.4G
//                                   proportional:	427.5k
// UUID/cache0/priority_stats:       Unused:		99%
#include "exporter/host/bcache.h"

#include <array>

#include "exporter/core/scan.h"
#include "exporter/host/hardware.h"
#include "exporter/host/options.h"

namespace exporter {
namespace {

struct Output {
  Family family;
  std::string_view file;
  std::uint8_t decimals = 0;
};

constexpr Family of_set(std::string_view name, std::string_view help,
                        MetricType type = MetricType::kGauge) {
  return {name, help, type, {"uuid"}};
}
constexpr Family of_backing(std::string_view name, std::string_view help,
                            MetricType type = MetricType::kGauge) {
  return {name, help, type, {"backing_device", "uuid"}};
}
constexpr Family of_cache(std::string_view name, std::string_view help,
                          MetricType type = MetricType::kGauge) {
  return {name, help, type, {"cache_device", "uuid"}};
}

// The microseconds are taken for nanoseconds, as node_exporter does.
constexpr std::array kSetOutputs{
    Output{of_set("node_bcache_average_key_size_sectors", "Data per key of the tree, in sectors."),
           "average_key_size"},
    Output{of_set("node_bcache_btree_cache_size_bytes", "Memory that holds the tree."),
           "btree_cache_size"},
    Output{of_set("node_bcache_cache_available_percent", "Part of the cache without dirty data."),
           "cache_available_percent"},
    Output{of_set("node_bcache_congested", "How busy the caching device is."), "congested"},
    Output{of_set("node_bcache_root_usage_percent", "Part of the tree's root that is in use."),
           "root_usage_percent"},
    Output{of_set("node_bcache_tree_depth", "Depth of the tree."), "tree_depth"},
    Output{of_set("node_bcache_active_journal_entries", "Journal entries newer than the index."),
           "internal/active_journal_entries"},
    Output{of_set("node_bcache_btree_nodes", "Nodes of the tree."), "internal/btree_nodes"},
    Output{of_set("node_bcache_btree_read_average_duration_seconds",
                  "Time that reading a node of the tree takes."),
           "internal/btree_read_average_duration_us", 9},
    Output{of_set("node_bcache_cache_read_races_total",
                  "Times that data were reused while they were read.", MetricType::kCounter),
           "internal/cache_read_races"},
};

constexpr std::array kBackingOutputs{
    Output{of_backing("node_bcache_dirty_data_bytes", "Data that wait to be written back."),
           "dirty_data"},
    Output{of_backing("node_bcache_bypassed_bytes_total", "Bytes that went past the cache.",
                      MetricType::kCounter),
           "stats_total/bypassed"},
    Output{of_backing("node_bcache_cache_hits_total", "Requests that the cache could serve.",
                      MetricType::kCounter),
           "stats_total/cache_hits"},
    Output{of_backing("node_bcache_cache_misses_total", "Requests that the cache could not serve.",
                      MetricType::kCounter),
           "stats_total/cache_misses"},
    Output{of_backing("node_bcache_cache_bypass_hits_total",
                      "Requests that were to pass the cache and found their data there.",
                      MetricType::kCounter),
           "stats_total/cache_bypass_hits"},
    Output{of_backing("node_bcache_cache_bypass_misses_total",
                      "Requests that were to pass the cache and did.", MetricType::kCounter),
           "stats_total/cache_bypass_misses"},
    Output{of_backing("node_bcache_cache_miss_collisions_total",
                      "Misses whose data somebody else put into the cache first.",
                      MetricType::kCounter),
           "stats_total/cache_miss_collisions"},
};

constexpr Family kReadaheads = of_backing("node_bcache_cache_readaheads_total",
                                          "Times that data were read ahead.", MetricType::kCounter);

constexpr std::array kCacheOutputs{
    Output{of_cache("node_bcache_io_errors", "Errors of the caching device, dying away over time."),
           "io_errors"},
    Output{of_cache("node_bcache_metadata_written_bytes_total",
                    "Bytes of the tree and the journal that were written.", MetricType::kCounter),
           "metadata_written"},
    Output{of_cache("node_bcache_written_bytes_total", "Bytes of data that were written.",
                    MetricType::kCounter),
           "written"},
};

struct NamedLine {
  std::string_view name;
  Family family;
};

constexpr std::array kWritebackLines{
    NamedLine{"target", of_backing("node_bcache_dirty_target_bytes",
                                   "Dirty data that writing back aims at.")},
    NamedLine{"rate", of_backing("node_bcache_writeback_rate", "Bytes per second written back.")},
    NamedLine{"proportional", of_backing("node_bcache_writeback_rate_proportional_term",
                                         "Proportional part of the rate's control.")},
    NamedLine{"integral", of_backing("node_bcache_writeback_rate_integral_term",
                                     "Integral part of the rate's control.")},
    NamedLine{"change",
              of_backing("node_bcache_writeback_change", "Last step of the rate's control.")},
};

constexpr std::array kPriorityLines{
    NamedLine{"Unused", of_cache("node_bcache_priority_stats_unused_percent",
                                 "Part of the cache that holds nothing.")},
    NamedLine{"Metadata", of_cache("node_bcache_priority_stats_metadata_percent",
                                   "Part of the cache that holds its own tree.")},
};

constexpr CollectorOption kOptions[] = {
    {"bcache.priorityStats", "false", "read priority_stats, which takes the kernel long"},
};

// Lines "name: value" whose names are in the table; `unit` may stand behind a value.
template <class Lines>
void parse_named_lines(std::string_view text, const Lines& lines, std::string_view unit,
                       const std::string& device, const std::string& uuid, SampleList& out,
                       LineErrors& errors) {
  std::string_view line;
  while (next_line(text, line)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view value = trimmed(line.substr(colon + 1));
    if (value.ends_with(unit)) value.remove_suffix(unit.size());
    for (const NamedLine& known : lines) {
      if (known.name != line.substr(0, colon)) continue;
      if (const auto number = to_size(value)) {
        out.add(known.family, *number, device, uuid);
      } else {
        errors.add(line);
      }
    }
  }
}

// Not reported by kernels that no longer read ahead.
std::optional<Number> parse_unless_zero(std::string_view text) {
  const auto value = to_size(text);
  return value && value->as_double() == 0 ? Number::nan() : value;
}

using ParseDevice = void (*)(std::string_view, const std::string&, const std::string&, SampleList&,
                             LineErrors&);

void add_file(HardwarePlan& plan, const std::string& path, ParseDevice parse,
              const std::string& device, const std::string& uuid) {
  plan.lines(path, [=](std::string_view text, SampleList& out, LineErrors& errors) {
    parse(text, device, uuid, out, errors);
  });
}

void discover_set(const std::string& base, const std::string& uuid, bool priority_stats,
                  HardwarePlan& plan) {
  for (const Output& output : kSetOutputs) {
    plan.number(output.family, base + std::string(output.file), {uuid}, {1, output.decimals},
                to_size);
  }
  for (const std::string& entry : plan.list(base)) {
    const std::string device = base + entry + "/";
    if (is_numbered(entry, "bdev")) {
      for (const Output& output : kBackingOutputs) {
        plan.number(output.family, device + std::string(output.file), {entry, uuid}, {}, to_size);
      }
      plan.number(kReadaheads, device + "stats_total/cache_readaheads", {entry, uuid}, {},
                  parse_unless_zero);
      add_file(plan, device + "writeback_rate_debug", parse_writeback_rate_debug, entry, uuid);
    } else if (is_numbered(entry, "cache")) {
      for (const Output& output : kCacheOutputs) {
        plan.number(output.family, device + std::string(output.file), {entry, uuid}, {}, to_size);
      }
      if (priority_stats) {
        add_file(plan, device + "priority_stats", parse_priority_stats, entry, uuid);
      }
    }
  }
}

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  const auto priority_stats = flag_option(context, "bcache.priorityStats");
  if (!priority_stats) return std::unexpected(priority_stats.error());
  const std::string directory = context.roots.sysfs + "/fs/bcache";
  return make_hardware_collector(
      context, {.name = "bcache",
                .places = {directory},
                .discover =
                    [directory, priority_stats = *priority_stats](HardwarePlan& plan) {
                      for (const std::string& uuid : plan.list(directory)) {
                        if (uuid.find('-') == std::string::npos) continue;
                        discover_set(directory + "/" + uuid + "/", uuid, priority_stats, plan);
                      }
                    },
                .may_block = true,
                .no_device = NoDevice::kFine});
}

}  // namespace

void parse_writeback_rate_debug(std::string_view text, const std::string& device,
                                const std::string& uuid, SampleList& out, LineErrors& errors) {
  parse_named_lines(text, kWritebackLines, "/sec", device, uuid, out, errors);
}

void parse_priority_stats(std::string_view text, const std::string& device, const std::string& uuid,
                          SampleList& out, LineErrors& errors) {
  parse_named_lines(text, kPriorityLines, "%", device, uuid, out, errors);
}

CollectorRow bcache_row() {
  return {"bcache", true, "block caches (/sys/fs/bcache)", kOptions, make};
}

}  // namespace exporter
