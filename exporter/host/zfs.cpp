// arcstats:  13 1 0x01 91 4368 5266997922 97951858082072
//            name                            type data
//            hits                            4    8772612
// tank/io:   12 3 0x00 1 80 79205351707403 395818011156865
//            nread    nwritten reads    writes   wtime    wlentime wupdate  rtime    …
//            1884160  3206144  22       132      7155162  104112268 …
// tank/objset-0x36: dataset_name 7 tank/data; nwritten 4 1024; …
// tank/state: ONLINE
#include "exporter/host/zfs.h"

#include <algorithm>
#include <array>
#include <memory>

#include "exporter/core/scan.h"
#include "exporter/host/hardware.h"

namespace exporter {
namespace {

constexpr Family kLikeModule{"node_zfs", "A counter of the ZFS module.", MetricType::kUntyped, {}};
constexpr Family kLikePool{
    "node_zfs_zpool", "A counter of a ZFS pool.", MetricType::kUntyped, {"zpool"}};
constexpr Family kLikeDataset{"node_zfs_zpool_dataset",
                              "A counter of a ZFS data set.",
                              MetricType::kUntyped,
                              {"dataset", "zpool"}};
constexpr Family kState{"node_zfs_zpool_state",
                        "1 for the state that a ZFS pool is in.",
                        MetricType::kGauge,
                        {"state", "zpool"}};

constexpr std::array<std::string_view, 7> kStates{"online",  "degraded", "faulted",  "offline",
                                                  "removed", "unavail",  "suspended"};

struct ModuleFile {
  std::string_view file;
  std::string_view prefix;
};
constexpr std::array<ModuleFile, 11> kModuleFiles{{
    {"abdstats", "node_zfs_abd_"},
    {"arcstats", "node_zfs_arc_"},
    {"dbufstats", "node_zfs_dbuf_"},
    {"dmu_tx", "node_zfs_dmu_tx_"},
    {"dnodestats", "node_zfs_dnode_"},
    {"fm", "node_zfs_fm_"},
    {"vdev_cache_stats", "node_zfs_vdev_cache_"},
    {"vdev_mirror_stats", "node_zfs_vdev_mirror_"},
    {"xuio_stats", "node_zfs_xuio_"},
    {"zfetchstats", "node_zfs_zfetch_"},
    {"zil", "node_zfs_zil_"},
}};

// The families of the lines of one file, looked up anew only where another line stands than before.
class LineFamilies {
 public:
  LineFamilies(FamilyTable& table, std::string_view prefix, const Family& like)
      : table_(&table), prefix_(prefix), like_(&like) {}

  // Null when there are too many.
  const Family* get(std::size_t line, std::string_view name) {
    if (line >= known_.size()) known_.resize(line + 1);
    Known& known = known_[line];
    if (known.family == nullptr || known.name != name) {
      known.name = name;
      known.family = table_->get(prefix_ + known.name, *like_);
    }
    return known.family;
  }

 private:
  struct Known {
    std::string name;
    const Family* family = nullptr;
  };
  FamilyTable* table_;
  std::string prefix_;
  const Family* like_;
  std::vector<Known> known_;
};

template <class... Labels>
void write_numbers(const std::vector<KstatLine>& lines, LineFamilies& families, SampleList& out,
                   const Labels&... labels) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].type == '7') continue;
    const Family* family = families.get(i, lines[i].name);
    if (family != nullptr) out.add(*family, lines[i].number, labels...);
  }
}

using Parse = void (*)(std::string_view, std::vector<KstatLine>&, LineErrors&);
using Write = std::function<void(const std::vector<KstatLine>& lines, SampleList& out)>;

void add_file(HardwarePlan& plan, const std::string& path, Parse parse, Write write) {
  plan.file(
      path,
      [path, parse, write = std::move(write), lines = std::vector<KstatLine>()](
          std::string_view text, SampleList& out, FileErrors& errors) mutable {
        LineErrors bad;
        parse(text, lines, bad);
        write(lines, out);
        errors.add(path, bad);
      },
      FileShape::kManyRecords);
}

std::string_view dataset_name(const std::vector<KstatLine>& lines) {
  const auto line = std::ranges::find(lines, "dataset_name", &KstatLine::name);
  return line == lines.end() ? std::string_view() : line->data;
}

void write_state(const std::string& pool, std::string_view text, SampleList& out) {
  const auto same = [text](std::string_view state) {
    return std::ranges::equal(text, state, [](char a, char b) { return (a | 0x20) == b; });
  };
  for (const std::string_view state : kStates) out.add(kState, same(state) ? 1 : 0, state, pool);
}

void discover_pool(const std::string& base, const std::string& pool, HardwarePlan& plan) {
  plan.file(base + "/state", [pool](std::string_view text, SampleList& out, FileErrors&) {
    write_state(pool, text, out);
  });
  add_file(plan, base + "/io", parse_kstat_io,
           [pool, families = LineFamilies(plan.families(), "node_zfs_zpool_", kLikePool)](
               const std::vector<KstatLine>& lines, SampleList& out) mutable {
             write_numbers(lines, families, out, pool);
           });
  for (const std::string& file : plan.list(base)) {
    if (!file.starts_with("objset-")) continue;
    add_file(
        plan, base + "/" + file, parse_kstat,
        [pool, families = LineFamilies(plan.families(), "node_zfs_zpool_dataset_", kLikeDataset)](
            const std::vector<KstatLine>& lines, SampleList& out) mutable {
          write_numbers(lines, families, out, dataset_name(lines), pool);
        });
  }
}

void discover(const std::string& directory, HardwarePlan& plan) {
  for (const ModuleFile& module : kModuleFiles) {
    add_file(plan, directory + "/" + std::string(module.file), parse_kstat,
             [families = LineFamilies(plan.families(), module.prefix, kLikeModule)](
                 const std::vector<KstatLine>& lines, SampleList& out) mutable {
               write_numbers(lines, families, out);
             });
  }
  for (const std::string& pool : plan.list(directory)) {
    const std::string base = directory + "/" + pool;
    if (has_entries(base)) discover_pool(base, pool, plan);
  }
}

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  const std::string directory = context.roots.procfs + "/spl/kstat/zfs";
  return make_hardware_collector(
      context, {.name = "zfs",
                .places = {directory},
                .discover = [directory](HardwarePlan& plan) { discover(directory, plan); },
                .may_block = true});
}

}  // namespace

void parse_kstat(std::string_view text, std::vector<KstatLine>& lines, LineErrors& errors) {
  lines.clear();
  bool below_head = false;
  std::string_view line;
  const std::string_view first = text.substr(0, text.find('\n'));
  while (next_line(text, line)) {
    std::string_view rest = line;
    KstatLine parsed;
    parsed.name = next_word(rest);
    const std::string_view type = next_word(rest);
    parsed.data = trimmed(rest);
    if (!below_head) {
      below_head = parsed.name == "name" && type == "type" && parsed.data == "data";
      continue;
    }
    if (type != "3" && type != "4" && type != "7") continue;
    parsed.type = type.front();
    if (parsed.type != '7') {
      const auto number = to_value(parsed.data);
      if (!number || number->is_real()) {
        errors.add(line);
        continue;
      }
      parsed.number = *number;
    }
    lines.push_back(parsed);
  }
  if (!below_head) errors.add(first);
}

void parse_kstat_io(std::string_view text, std::vector<KstatLine>& columns, LineErrors& errors) {
  columns.clear();
  std::string_view line;
  bool found = false;
  const std::string_view first = text.substr(0, text.find('\n'));
  while (!found && next_line(text, line)) {
    std::string_view rest = line;
    found = next_word(rest) == "nread";
  }
  std::string_view names = line;
  std::string_view values;
  if (!found || !next_line(text, values)) return errors.add(first);
  while (true) {
    KstatLine column;
    column.name = next_word(names);
    if (column.name.empty()) return;
    const auto value = next_number<std::uint64_t>(values);
    if (!value) return errors.add(values);
    column.type = '4';
    column.number = *value;
    columns.push_back(column);
  }
}

CollectorRow zfs_row() {
  return {"zfs", true, "counters of ZFS, its pools and data sets (/proc/spl/kstat/zfs)", {}, make};
}

}  // namespace exporter
