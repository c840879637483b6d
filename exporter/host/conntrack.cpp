// entries  clashres found new invalid ignore delete chainlength insert insert_failed drop ...
// 0000001f  00000000 00000002 00000000 00000009 00000111 00000000 00000000 00000000 ...
//
// One line per CPU, hexadecimal. Names of columns changed over time, their places did not.
#include "exporter/host/conntrack.h"

#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr Family kEntries{"node_nf_conntrack_entries", "Connections that are tracked now."};
constexpr Family kLimit{"node_nf_conntrack_entries_limit",
                        "Connections that can be tracked at once."};

struct Column {
  Family family;
  std::size_t place;
};

constexpr std::array<Column, std::tuple_size_v<ConntrackStats>> kFields{{
    {{"node_nf_conntrack_stat_found", "Look-ups that found a connection."}, 2},
    {{"node_nf_conntrack_stat_invalid", "Packets that fit no connection."}, 4},
    {{"node_nf_conntrack_stat_ignore", "Packets of connections that were tracked already."}, 5},
    {{"node_nf_conntrack_stat_insert", "Connections entered into the table."}, 8},
    {{"node_nf_conntrack_stat_insert_failed", "Connections that could not be entered."}, 9},
    {{"node_nf_conntrack_stat_drop", "Packets dropped because tracking failed."}, 10},
    {{"node_nf_conntrack_stat_early_drop", "Connections dropped to make room for newer ones."}, 11},
    {{"node_nf_conntrack_stat_search_restart", "Look-ups begun anew because the table grew."}, 16},
}};

constexpr std::size_t kFewestColumns = 16;
constexpr std::size_t kMostColumns = 17;

class ConntrackCollector final : public Collector {
 public:
  explicit ConntrackCollector(const HostContext& context)
      : count_(context.roots.procfs + "/sys/net/netfilter/nf_conntrack_count", FileShape::kOneLine),
        max_(context.roots.procfs + "/sys/net/netfilter/nf_conntrack_max", FileShape::kOneLine),
        stat_(network_file(context.roots, "stat/nf_conntrack"), FileShape::kManyRecords) {}

  std::string_view name() const override { return "conntrack"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const auto count = read_number(count_, scrape.buffer);
    if (!count) return std::unexpected(count.error());
    out.family(kEntries);
    out.add(*count);
    const auto max = read_number(max_, scrape.buffer);
    if (!max) return std::unexpected(max.error());
    out.family(kLimit);
    out.add(*max);
    const auto text = stat_.read(scrape.buffer);
    if (!text) return std::unexpected(text.error());
    LineErrors errors;
    const ConntrackStats stats = parse_conntrack(*text, errors);
    for (std::size_t i = 0; i < stats.size(); ++i) {
      out.family(kFields[i].family);
      out.add(stats[i]);
    }
    return errors.result(stat_.path());
  }

 private:
  KernelFile count_;
  KernelFile max_;
  KernelFile stat_;
};

}  // namespace

ConntrackStats parse_conntrack(std::string_view text, LineErrors& errors) {
  ConntrackStats stats{};
  std::string_view line;
  next_line(text, line);
  while (next_line(text, line)) {
    std::string_view rest = line;
    std::array<std::uint64_t, kMostColumns> values{};
    std::size_t count = 0;
    while (count < values.size()) {
      const auto value = next_number<std::uint64_t>(rest, 16);
      if (!value) break;
      values[count++] = *value;
    }
    if (count < kFewestColumns || !trimmed(rest).empty()) {
      errors.add(line);
      continue;
    }
    for (std::size_t i = 0; i < stats.size(); ++i) stats[i] += values[kFields[i].place];
  }
  return stats;
}

CollectorRow conntrack_row() {
  return {"conntrack",
          true,
          "connections that netfilter tracks (/proc/sys/net/netfilter, /proc/net/stat)",
          {},
          make_collector<ConntrackCollector>};
}

}  // namespace exporter
