// Node 0, zone    DMA32      1      2      4      2      5      4      3      3      4      2 752
#include "exporter/host/buddyinfo.h"

#include "exporter/core/number_text.h"
#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr Family kBlocks{"node_buddyinfo_blocks",
                         "Free blocks of 2^size pages.",
                         MetricType::kGauge,
                         {"node", "size", "zone"}};

class BuddyinfoCollector final : public Collector {
 public:
  explicit BuddyinfoCollector(const HostContext& context)
      : file_(context.roots.procfs + "/buddyinfo", FileShape::kManyRecords) {}

  std::string_view name() const override { return "buddyinfo"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const auto text = file_.read(scrape.buffer);
    if (!text) return std::unexpected(text.error());
    LineErrors errors;
    parse_buddyinfo(*text, zones_, errors);
    out.family(kBlocks);
    for (const BuddyZone& zone : zones_) {
      for (std::size_t order = 0; order < zone.orders; ++order) {
        out.add(zone.blocks[order], zone.node, NumberText(order), zone.zone);
      }
    }
    return errors.result(file_.path());
  }

 private:
  KernelFile file_;
  std::vector<BuddyZone> zones_;
};

}  // namespace

void parse_buddyinfo(std::string_view text, std::vector<BuddyZone>& zones, LineErrors& errors) {
  zones.clear();
  std::string_view line;
  while (next_line(text, line)) {
    std::string_view rest = line;
    BuddyZone zone;
    const bool is_node = next_word(rest) == "Node";
    zone.node = next_word(rest);
    const bool has_comma = zone.node.ends_with(',');
    if (has_comma) zone.node.remove_suffix(1);
    const bool is_zone = next_word(rest) == "zone";
    zone.zone = next_word(rest);
    zone.orders = next_numbers(rest, zone.blocks);
    if (is_node && has_comma && is_zone && zone.orders > 0 && trimmed(rest).empty()) {
      zones.push_back(zone);
    } else {
      errors.add(line);
    }
  }
}

CollectorRow buddyinfo_row() {
  return {"buddyinfo",
          false,
          "free blocks of memory per size (/proc/buddyinfo)",
          {},
          make_collector<BuddyinfoCollector>};
}

}  // namespace exporter
