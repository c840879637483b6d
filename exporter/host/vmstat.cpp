#include "exporter/host/vmstat.h"

#include "exporter/host/name_values.h"
#include "exporter/host/options.h"

namespace exporter {
namespace {

constexpr Family kVmstat{"node_vmstat_", "This line of /proc/vmstat.", MetricType::kUntyped};

constexpr CollectorOption kOptions[] = {
    {"vmstat.fields", "^(oom_kill|pgpg|pswp|pg.*fault).*", "lines of /proc/vmstat to report"},
};

class VmstatCollector final : public Collector {
 public:
  VmstatCollector(const HostContext& context, NameFilter filter)
      : file_(context.roots.procfs + "/vmstat", FileShape::kManyRecords),
        lines_(std::move(filter)) {}

  std::string_view name() const override { return "vmstat"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const auto text = file_.read(scrape.buffer);
    if (!text) return std::unexpected(text.error());
    LineErrors errors;
    lines_.parse(*text, values_, errors);
    for (const NameValue& line : values_) out.named(kVmstat, {line.name}, line.value);
    return errors.result(file_.path());
  }

 private:
  KernelFile file_;
  WantedLines lines_;
  std::vector<NameValue> values_;
};

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  auto filter = filter_option(context, "vmstat.fields");
  if (!filter) return std::unexpected(filter.error());
  return std::make_unique<VmstatCollector>(context, std::move(*filter));
}

}  // namespace

CollectorRow vmstat_row() {
  return {"vmstat", true, "paging, swapping, out-of-memory kills (/proc/vmstat)", kOptions, make};
}

}  // namespace exporter
