#include "exporter/host/interrupts.h"

#include "exporter/core/scan.h"
#include "exporter/host/cpu_columns.h"
#include "exporter/host/options.h"

namespace exporter {
namespace {

constexpr Family kInterrupts{"node_interrupts_total",
                             "Interrupts handled, per line and CPU.",
                             MetricType::kCounter,
                             {"cpu", "devices", "info", "type"}};

constexpr CollectorOption kOptions[] = {
    {"interrupts.name-include", "", "lines to report, as name;info;devices"},
    {"interrupts.name-exclude", "", "lines to leave out, as name;info;devices"},
    {"interrupts.include-zeros", "true", "report interrupts that never happened"},
};

class InterruptsCollector final : public Collector {
 public:
  InterruptsCollector(const HostContext& context, NameFilter filter, bool include_zeros)
      : file_(context.roots.procfs + "/interrupts", FileShape::kManyRecords),
        filter_(std::move(filter)),
        include_zeros_(include_zeros) {}

  std::string_view name() const override { return "interrupts"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const auto text = file_.read(scrape.buffer);
    if (!text) return std::unexpected(text.error());
    LineErrors errors;
    parse_cpu_columns(*text, table_, errors);
    lines_.resize(table_.rows.size());
    out.family(kInterrupts);
    for (std::size_t row = 0; row < lines_.size(); ++row) {
      const Line& line = refreshed(lines_[row], table_.rows[row]);
      if (!line.passes) continue;
      const auto counts = table_.of(row);
      for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] == 0 && !include_zeros_) continue;
        out.add(counts[i], table_.cpus[i], line.details.devices, line.details.info, line.name);
      }
    }
    return errors.result(file_.path());
  }

 private:
  // A line of the scrape before, which mostly is the same in all but its numbers.
  struct Line {
    std::string name;
    std::string rest;
    InterruptDetails details;
    bool passes = false;
  };

  const Line& refreshed(Line& line, const CpuColumns::Row& row) const {
    if (line.name == row.name && line.rest == row.rest) return line;
    line.name = row.name;
    line.rest = row.rest;
    line.details = interrupt_details(row.name, row.rest);
    // A sum over all CPUs of a machine with one.
    line.passes = !row.rest.empty() &&
                  filter_.passes(line.name + ';' + line.details.info + ';' + line.details.devices);
    return line;
  }

  KernelFile file_;
  NameFilter filter_;
  bool include_zeros_;
  CpuColumns table_;
  std::vector<Line> lines_;
};

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  auto filter = filter_option(context, "interrupts.name-include", "interrupts.name-exclude");
  if (!filter) return std::unexpected(filter.error());
  const auto include_zeros = flag_option(context, "interrupts.include-zeros");
  if (!include_zeros) return std::unexpected(include_zeros.error());
  return std::make_unique<InterruptsCollector>(context, std::move(*filter), *include_zeros);
}

}  // namespace

InterruptDetails interrupt_details(std::string_view name, std::string_view rest) {
  InterruptDetails details;
  if (to_number<std::uint32_t>(name)) details.info = next_word(rest);
  std::string& to = details.info.empty() ? details.info : details.devices;
  for (auto word = next_word(rest); !word.empty(); word = next_word(rest)) {
    if (!to.empty()) to += ' ';
    to += word;
  }
  return details;
}

CollectorRow interrupts_row() {
  return {"interrupts", false, "interrupts per line and CPU (/proc/interrupts)", kOptions, make};
}

}  // namespace exporter
