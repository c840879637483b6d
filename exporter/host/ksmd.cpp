#include "exporter/host/ksmd.h"

#include <vector>

namespace exporter {
namespace {

struct Output {
  Family family;
  std::string_view file;
  std::uint8_t decimals = 0;
};

constexpr Output kOutputs[] = {
    {{"node_ksmd_full_scans_total", "Times that all memory was scanned.", MetricType::kCounter},
     "full_scans"},
    {{"node_ksmd_general_profit_bytes", "Bytes saved, less what the merging itself takes."},
     "general_profit"},
    {{"node_ksmd_merge_across_nodes", "1 when pages of several memory nodes are merged."},
     "merge_across_nodes"},
    {{"node_ksmd_pages_shared", "Merged pages in use."}, "pages_shared"},
    {{"node_ksmd_pages_sharing", "Places that use a merged page."}, "pages_sharing"},
    {{"node_ksmd_pages_to_scan", "Pages scanned before a sleep."}, "pages_to_scan"},
    {{"node_ksmd_pages_unshared", "Pages checked again and again that no other equals."},
     "pages_unshared"},
    {{"node_ksmd_pages_volatile", "Pages that change too fast to be merged."}, "pages_volatile"},
    {{"node_ksmd_run", "0 stopped, 1 running, 2 stopped and all pages separated."}, "run"},
    {{"node_ksmd_sleep_seconds", "Sleep between scans."}, "sleep_millisecs", 3},
};

class KsmdCollector final : public Collector {
 public:
  explicit KsmdCollector(const HostContext& context) {
    for (const Output& output : kOutputs) {
      files_.emplace_back((context.roots.sysfs + "/kernel/mm/ksm/").append(output.file));
    }
  }

  std::string_view name() const override { return "ksmd"; }

  // Which files there are depends on the kernel's age.
  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    Result<void> result;
    std::size_t missing = 0;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      const auto value = read_number_if_there(files_[i], scrape.buffer);
      if (!value) {
        if (result) result = std::unexpected(value.error());
      } else if (!*value) {
        ++missing;
      } else {
        out.family(kOutputs[i].family);
        const std::uint8_t decimals = kOutputs[i].decimals;
        out.add(decimals == 0 ? **value : Number::fixed((*value)->whole(), decimals));
      }
    }
    if (missing == files_.size()) {
      return fail(ErrorKind::kNotFound, files_.front().path() + ": no such file");
    }
    return result;
  }

 private:
  std::vector<KernelFile> files_;
};

}  // namespace

CollectorRow ksmd_row() {
  return {"ksmd",
          false,
          "merging of equal memory pages (/sys/kernel/mm/ksm)",
          {},
          make_collector<KsmdCollector>};
}

}  // namespace exporter
