// entries  allocs   destroys hash_grows lookups  hits ...
// 00000002 00000001 00000000 00000000   00000082 0000007e ...
//
// Several files may have a column of the same name, which is one family.
#include "exporter/host/lnstat.h"

#include <algorithm>

#include "exporter/core/number_text.h"
#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr Family kLnstat{"node_lnstat_",
                         "This column of /proc/net/stat.",
                         MetricType::kCounter,
                         {"cpu", "subsystem"},
                         "_total"};

class LnstatCollector final : public Collector {
 public:
  explicit LnstatCollector(const HostContext& context)
      : directory_(network_file(context.roots, "stat")) {
    for (const std::string& name : list_directory(directory_)) {
      subsystems_.push_back({name,
                             KernelFile(directory_ + "/" + name, FileShape::kManyRecords),
                             ReadBuffer(4096),
                             {}});
    }
  }

  std::string_view name() const override { return "lnstat"; }

  Result<void> collect(const Scrape&, SampleWriter& out) override {
    if (subsystems_.empty()) return fail(ErrorKind::kNotFound, directory_ + ": no files there");
    Result<void> result;
    for (Subsystem& subsystem : subsystems_) {
      const auto text = subsystem.file.read(subsystem.text);
      LineErrors errors;
      parse_lnstat(text ? *text : "", subsystem.table, errors);
      if (!result) continue;
      result = text ? errors.result(subsystem.file.path()) : std::unexpected(text.error());
    }
    for (std::size_t i = 0; i < subsystems_.size(); ++i) {
      for (const std::string_view column : subsystems_[i].table.columns) {
        const bool written =
            std::any_of(subsystems_.begin(), subsystems_.begin() + static_cast<std::ptrdiff_t>(i),
                        [&](const Subsystem& other) { return place(other, column).has_value(); });
        if (!written) write(column, i, out);
      }
    }
    return result;
  }

 private:
  struct Subsystem {
    std::string name;
    KernelFile file;
    ReadBuffer text;
    LnstatTable table;
  };

  static std::optional<std::size_t> place(const Subsystem& subsystem, std::string_view column) {
    const auto& columns = subsystem.table.columns;
    const auto found = std::ranges::find(columns, column);
    if (found == columns.end()) return std::nullopt;
    return static_cast<std::size_t>(found - columns.begin());
  }

  void write(std::string_view column, std::size_t first, SampleWriter& out) {
    out.named_family(kLnstat, {column});
    for (std::size_t i = first; i < subsystems_.size(); ++i) {
      const LnstatTable& table = subsystems_[i].table;
      const auto at = place(subsystems_[i], column);
      for (std::size_t cpu = 0; at && cpu < table.cpus; ++cpu) {
        out.add(table.values[cpu * table.columns.size() + *at], NumberText(cpu),
                subsystems_[i].name);
      }
    }
  }

  std::string directory_;
  std::vector<Subsystem> subsystems_;
};

}  // namespace

void parse_lnstat(std::string_view text, LnstatTable& table, LineErrors& errors) {
  table.columns.clear();
  table.values.clear();
  table.cpus = 0;
  std::string_view line;
  if (!next_line(text, line)) return;
  for (auto word = next_word(line); !word.empty(); word = next_word(line)) {
    table.columns.push_back(word);
  }
  while (next_line(text, line)) {
    std::string_view rest = line;
    const std::size_t before = table.values.size();
    while (table.values.size() < before + table.columns.size()) {
      const auto value = next_number<std::uint64_t>(rest, 16);
      if (!value) break;
      table.values.push_back(*value);
    }
    if (table.values.size() == before + table.columns.size() && !table.columns.empty()) {
      ++table.cpus;
    } else {
      table.values.resize(before);
      errors.add(line);
    }
  }
}

CollectorRow lnstat_row() {
  return {"lnstat",
          false,
          "counters of the network stack's caches (/proc/net/stat)",
          {},
          make_collector<LnstatCollector>};
}

}  // namespace exporter
