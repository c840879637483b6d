// some avg10=0.00 avg60=0.18 avg300=0.16 total=79346327
// full avg10=0.00 avg60=0.08 avg300=0.06 total=11241324      in irq the only line
#include "exporter/host/pressure.h"

#include <array>

#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr Family counter(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kCounter};
}

struct Line {
  Family family;
  std::optional<std::uint64_t> Pressure::* total;
};

// Of the CPU "full" means nothing on the level of the system, of interrupts "some" does not exist.
constexpr Line kCpu[] = {
    {counter("node_pressure_cpu_waiting_seconds_total", "Time some tasks waited for a CPU."),
     &Pressure::some},
};
constexpr Line kIo[] = {
    {counter("node_pressure_io_waiting_seconds_total", "Time some tasks waited for I/O."),
     &Pressure::some},
    {counter("node_pressure_io_stalled_seconds_total", "Time all tasks waited for I/O."),
     &Pressure::full},
};
constexpr Line kMemory[] = {
    {counter("node_pressure_memory_waiting_seconds_total", "Time some tasks waited for memory."),
     &Pressure::some},
    {counter("node_pressure_memory_stalled_seconds_total", "Time all tasks waited for memory."),
     &Pressure::full},
};
constexpr Line kIrq[] = {
    {counter("node_pressure_irq_stalled_seconds_total", "Time taken from tasks by interrupts."),
     &Pressure::full},
};

class PressureCollector final : public Collector {
 public:
  explicit PressureCollector(const HostContext& context)
      : resources_{{{file(context, "cpu"), kCpu},
                    {file(context, "io"), kIo},
                    {file(context, "memory"), kMemory},
                    {file(context, "irq"), kIrq}}} {}

  std::string_view name() const override { return "pressure"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    Result<void> result;
    for (Resource& resource : resources_) {
      const Result<void> one = collect_one(resource, scrape, out);
      if (!one && result) result = one;
    }
    return result;
  }

 private:
  struct Resource {
    KernelFile file;
    std::span<const Line> lines;
  };

  static KernelFile file(const HostContext& context, std::string_view resource) {
    return KernelFile((context.roots.procfs + "/pressure/").append(resource));
  }

  static Result<void> collect_one(Resource& resource, const Scrape& scrape, SampleWriter& out) {
    const auto text = resource.file.read_if_there(scrape.buffer);
    if (!text) return std::unexpected(text.error());
    if (!*text) {
      const bool older_kernel = resource.lines.data() == kIrq;
      return older_kernel ? Result<void>()
                          : fail(ErrorKind::kNotFound, resource.file.path() + ": no such file");
    }
    LineErrors errors;
    const Pressure pressure = parse_pressure(**text, errors);
    for (const Line& line : resource.lines) {
      out.family(line.family);
      if (const auto& total = pressure.*line.total) out.add(Number::fixed(*total, 6));
    }
    return errors.result(resource.file.path());
  }

  std::array<Resource, 4> resources_;
};

}  // namespace

Pressure parse_pressure(std::string_view text, LineErrors& errors) {
  constexpr std::string_view kTotal = " total=";
  Pressure pressure;
  std::string_view line;
  while (next_line(text, line)) {
    const std::size_t at = line.find(kTotal);
    std::string_view rest = at == line.npos ? "" : line.substr(at + kTotal.size());
    const auto total = next_number<std::uint64_t>(rest);
    if (total && rest.empty() && line.starts_with("some ")) {
      pressure.some = total;
    } else if (total && rest.empty() && line.starts_with("full ")) {
      pressure.full = total;
    } else {
      errors.add(line);
    }
  }
  return pressure;
}

CollectorRow pressure_row() {
  return {"pressure",
          true,
          "time lost for want of CPU, memory or I/O (/proc/pressure)",
          {},
          make_collector<PressureCollector>};
}

}  // namespace exporter
