// 0141cf55 00000000 00000004 0 0 0 0 0 00000000 00000000 00000000 00000000 00000001 ...
//
// Hexadecimal, a line per CPU that is on: processed, dropped, times squeezed, five unused, CPU
// collisions, received by RPS (2.6.35), over the flow limit (3.11), length of the backlog (5.10)
// and with that the CPU's number, which before is the line's.
#include "exporter/host/softnet.h"

#include "exporter/core/number_text.h"
#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr std::size_t kFewestColumns = 9;
constexpr std::size_t kCpuColumn = 12;

constexpr Family per_cpu(MetricType type, std::string_view name, std::string_view help) {
  return {name, help, type, {"cpu"}};
}

struct Output {
  Family family;
  std::size_t column;
};

constexpr Output kOutputs[] = {
    {per_cpu(MetricType::kCounter, "node_softnet_processed_total", "Packets taken in."), 0},
    {per_cpu(MetricType::kCounter, "node_softnet_dropped_total",
             "Packets dropped because the backlog was full."),
     1},
    {per_cpu(MetricType::kCounter, "node_softnet_times_squeezed_total",
             "Times that work was left over when the budget was spent."),
     2},
    {per_cpu(MetricType::kCounter, "node_softnet_cpu_collision_total",
             "Times that a device was busy with another CPU's sending."),
     8},
    {per_cpu(MetricType::kCounter, "node_softnet_received_rps_total",
             "Times that another CPU handed packets to this one."),
     9},
    {per_cpu(MetricType::kCounter, "node_softnet_flow_limit_count_total",
             "Packets over the limit of their flow."),
     10},
    {per_cpu(MetricType::kGauge, "node_softnet_backlog_len", "Packets waiting in the backlog."),
     11},
};

class SoftnetCollector final : public Collector {
 public:
  explicit SoftnetCollector(const HostContext& context)
      : file_(network_file(context.roots, "softnet_stat"), FileShape::kManyRecords) {}

  std::string_view name() const override { return "softnet"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const auto text = file_.read(scrape.buffer);
    if (!text) return std::unexpected(text.error());
    LineErrors errors;
    parse_softnet(*text, cpus_, errors);
    for (const Output& output : kOutputs) {
      out.family(output.family);
      for (const SoftnetCpu& cpu : cpus_) {
        if (output.column >= cpu.columns) continue;
        out.add(cpu.values[output.column], NumberText(cpu.cpu));
      }
    }
    return errors.result(file_.path());
  }

 private:
  KernelFile file_;
  std::vector<SoftnetCpu> cpus_;
};

}  // namespace

void parse_softnet(std::string_view text, std::vector<SoftnetCpu>& cpus, LineErrors& errors) {
  cpus.clear();
  std::string_view line;
  for (std::uint64_t number = 0; next_line(text, line); ++number) {
    SoftnetCpu cpu;
    std::string_view rest = line;
    while (cpu.columns < cpu.values.size()) {
      const auto value = next_number<std::uint64_t>(rest, 16);
      if (!value) break;
      cpu.values[cpu.columns++] = *value;
    }
    if (cpu.columns < kFewestColumns) {
      errors.add(line);
      continue;
    }
    cpu.cpu = cpu.columns > kCpuColumn ? cpu.values[kCpuColumn] : number;
    cpus.push_back(cpu);
  }
}

CollectorRow softnet_row() {
  return {"softnet",
          true,
          "the receive path of the network stack per CPU (/proc/net/softnet_stat)",
          {},
          make_collector<SoftnetCollector>};
}

}  // namespace exporter
