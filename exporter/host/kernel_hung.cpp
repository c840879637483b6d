#include "exporter/host/kernel_hung.h"

namespace exporter {
namespace {

constexpr Family kHungTasks{"node_kernel_hung_tasks_total",
                            "Tasks that the kernel found to hang since it started.",
                            MetricType::kCounter};

class KernelHungCollector final : public Collector {
 public:
  explicit KernelHungCollector(const HostContext& context)
      : file_(context.roots.procfs + "/sys/kernel/hung_task_detect_count", FileShape::kOneLine) {}

  std::string_view name() const override { return "kernel_hung"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const auto count = read_number(file_, scrape.buffer);
    if (!count) return std::unexpected(count.error());
    out.family(kHungTasks);
    out.add(*count);
    return {};
  }

 private:
  KernelFile file_;
};

}  // namespace

CollectorRow kernel_hung_row() {
  return {"kernel_hung",
          true,
          "tasks found to hang (/proc/sys/kernel/hung_task_detect_count)",
          {},
          make_collector<KernelHungCollector>};
}

}  // namespace exporter
