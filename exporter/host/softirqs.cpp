//                     CPU0       CPU1
//           HI:          0          0
//        TIMER:     488836     545424
#include "exporter/host/softirqs.h"

#include "exporter/host/cpu_columns.h"

namespace exporter {
namespace {

constexpr Family kSoftirqs{"node_softirqs_functions_total",
                           "Software interrupts handled, per kind and CPU.",
                           MetricType::kCounter,
                           {"cpu", "type"}};

class SoftirqsCollector final : public Collector {
 public:
  explicit SoftirqsCollector(const HostContext& context)
      : file_(context.roots.procfs + "/softirqs") {}

  std::string_view name() const override { return "softirqs"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const auto text = file_.read(scrape.buffer);
    if (!text) return std::unexpected(text.error());
    LineErrors errors;
    parse_cpu_columns(*text, table_, errors);
    out.family(kSoftirqs);
    for (std::size_t row = 0; row < table_.rows.size(); ++row) {
      const auto counts = table_.of(row);
      for (std::size_t i = 0; i < counts.size(); ++i) {
        out.add(counts[i], table_.cpus[i], table_.rows[row].name);
      }
    }
    return errors.result(file_.path());
  }

 private:
  KernelFile file_;
  CpuColumns table_;
};

}  // namespace

CollectorRow softirqs_row() {
  return {"softirqs",
          false,
          "software interrupts per kind and CPU (/proc/softirqs)",
          {},
          make_collector<SoftirqsCollector>};
}

}  // namespace exporter
