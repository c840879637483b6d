// intr 181842 0 0 ...          all interrupts, then one number per line
// ctxt 356155
// btime 1795635921
// processes 5523               forks since boot
// procs_running 3
// procs_blocked 0
// softirq 131330 0 13692 ...   all softirqs, then one number per vector
#include "exporter/host/stat.h"

#include "exporter/core/scan.h"
#include "exporter/host/options.h"

namespace exporter {
namespace {

constexpr Family kInterrupts{"node_intr_total", "Interrupts served since boot.",
                             MetricType::kCounter};
constexpr Family kSwitches{"node_context_switches_total",
                           "Context switches of all CPUs since boot.", MetricType::kCounter};
constexpr Family kForks{"node_forks_total", "Processes and threads created since boot.",
                        MetricType::kCounter};
constexpr Family kBootTime{"node_boot_time_seconds", "Unix time at which the machine booted."};
constexpr Family kRunning{"node_procs_running", "Tasks that run or are ready to run."};
constexpr Family kBlocked{"node_procs_blocked", "Tasks that wait for input or output."};
constexpr Family kSoftirqs{"node_softirqs_total",
                           "Softirqs served since boot, by vector.",
                           MetricType::kCounter,
                           {"vector"}};

constexpr CollectorOption kOptions[] = {
    {"stat.softirq", "false", "also count softirqs by vector (node_softirqs_total)"},
};

void parse_softirqs(std::string_view rest, KernelStat& stat, LineErrors& errors,
                    std::string_view line) {
  if (!next_number<std::uint64_t>(rest)) return errors.add(line);
  stat.softirq_count = next_numbers(rest, stat.softirqs);
}

class StatCollector final : public Collector {
 public:
  StatCollector(const HostContext& context, bool softirqs)
      : file_(context.stat_file), softirqs_(softirqs) {}

  std::string_view name() const override { return "stat"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const auto text = file_->read(scrape);
    if (!text) return std::unexpected(text.error());
    LineErrors errors;
    const KernelStat stat = parse_stat(*text, errors);
    const auto write = [&out](const Family& family, const std::optional<std::uint64_t>& value) {
      out.family(family);
      if (value) out.add(*value);
    };
    write(kInterrupts, stat.interrupts);
    write(kSwitches, stat.context_switches);
    write(kForks, stat.forks);
    write(kBootTime, stat.boot_time_seconds);
    write(kRunning, stat.procs_running);
    write(kBlocked, stat.procs_blocked);
    if (softirqs_) {
      out.family(kSoftirqs);
      for (std::size_t i = 0; i < stat.softirq_count; ++i) {
        out.add(stat.softirqs[i], kSoftirqVectors[i]);
      }
    }
    return errors.result(file_->path());
  }

 private:
  std::shared_ptr<SharedFile> file_;
  bool softirqs_;
};

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  const auto softirqs = flag_option(context, "stat.softirq");
  if (!softirqs) return std::unexpected(softirqs.error());
  return std::make_unique<StatCollector>(context, *softirqs);
}

}  // namespace

KernelStat parse_stat(std::string_view text, LineErrors& errors) {
  KernelStat stat;
  std::string_view line;
  while (next_line(text, line)) {
    std::string_view rest = line;
    const std::string_view key = next_word(rest);
    std::optional<std::uint64_t>* value = nullptr;
    if (key == "intr") value = &stat.interrupts;
    if (key == "ctxt") value = &stat.context_switches;
    if (key == "btime") value = &stat.boot_time_seconds;
    if (key == "processes") value = &stat.forks;
    if (key == "procs_running") value = &stat.procs_running;
    if (key == "procs_blocked") value = &stat.procs_blocked;
    if (value != nullptr) {
      *value = next_number<std::uint64_t>(rest);
      if (!*value) errors.add(line);
    } else if (key == "softirq") {
      parse_softirqs(rest, stat, errors, line);
    }
  }
  return stat;
}

CollectorRow stat_row() {
  return {"stat", true, "interrupts, context switches, forks, boot time (/proc/stat)", kOptions,
          make};
}

}  // namespace exporter
