// Filename                                Type            Size            Used            Priority
// /dev/dm-2                               partition       131068          176             -2
#include "exporter/host/swap.h"

#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr Family per_area(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kGauge, {"device", "swap_type"}};
}

constexpr Family kSize = per_area("node_swap_size_bytes", "Size of the swap area.");
constexpr Family kUsed = per_area("node_swap_used_bytes", "Bytes used of the swap area.");
constexpr Family kPriority =
    per_area("node_swap_priority", "Priority of the swap area; higher is used first.");

class SwapCollector final : public Collector {
 public:
  explicit SwapCollector(const HostContext& context)
      : file_(context.roots.procfs + "/swaps", FileShape::kManyRecords) {}

  std::string_view name() const override { return "swap"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const auto text = file_.read(scrape.buffer);
    if (!text) return std::unexpected(text.error());
    LineErrors errors;
    parse_swaps(*text, areas_, errors);
    out.family(kSize);
    for (const SwapArea& area : areas_) {
      out.add(Number::product(area.size_kib, 1024), area.device, area.type);
    }
    out.family(kUsed);
    for (const SwapArea& area : areas_) {
      out.add(Number::product(area.used_kib, 1024), area.device, area.type);
    }
    out.family(kPriority);
    for (const SwapArea& area : areas_) out.add(area.priority, area.device, area.type);
    return errors.result(file_.path());
  }

 private:
  KernelFile file_;
  std::vector<SwapArea> areas_;
};

}  // namespace

void parse_swaps(std::string_view text, std::vector<SwapArea>& areas, LineErrors& errors) {
  areas.clear();
  std::string_view line;
  next_line(text, line);
  while (next_line(text, line)) {
    std::string_view rest = line;
    const std::string_view device = next_word(rest);
    const std::string_view type = next_word(rest);
    const auto size = next_number<std::uint64_t>(rest);
    const auto used = next_number<std::uint64_t>(rest);
    const auto priority = next_number<std::int64_t>(rest);
    if (type.empty() || !size || !used || !priority) {
      errors.add(line);
      continue;
    }
    areas.push_back({device, type, *size, *used, *priority});
  }
}

CollectorRow swap_row() {
  return {"swap", false, "swap areas (/proc/swaps)", {}, make_collector<SwapCollector>};
}

}  // namespace exporter
