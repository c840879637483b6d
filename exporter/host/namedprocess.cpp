// Names, labels and types are those of process-exporter 0.8 without its per-thread series. Context
// switches and faults come from /proc/PID, so they are the first thread's and the process's, as
// there.
#include "exporter/host/namedprocess.h"

#include "exporter/core/scan.h"
#include "exporter/host/options.h"
#include "exporter/host/process_scan.h"

namespace exporter {
namespace {

using Counters = ProcessCounters;

constexpr Family family(std::string_view name, std::string_view help, MetricType type,
                        std::string_view second_label = {}) {
  return {name, help, type, {"groupname", second_label}};
}

constexpr Family kMembers =
    family("namedprocess_namegroup_num_procs", "Processes in the group.", MetricType::kGauge);
constexpr Family kThreads =
    family("namedprocess_namegroup_num_threads", "Threads of all members.", MetricType::kGauge);
constexpr Family kStates = family("namedprocess_namegroup_states",
                                  "Members by what they are doing.", MetricType::kGauge, "state");
constexpr Family kMemory =
    family("namedprocess_namegroup_memory_bytes",
           "Memory of all members; what several of them share counts for each, except in the "
           "proportional kinds, which are as they were last measured.",
           MetricType::kGauge, "memtype");
constexpr Family kOpenFiles =
    family("namedprocess_namegroup_open_filedesc",
           "Open file descriptors of the members that let them be counted.", MetricType::kGauge);
constexpr Family kWorstRatio =
    family("namedprocess_namegroup_worst_fd_ratio",
           "Open descriptors divided by their limit, of the member that is nearest to its limit.",
           MetricType::kGauge);
constexpr Family kOldest =
    family("namedprocess_namegroup_oldest_start_time_seconds",
           "When the member that has run longest began, in Unix time.", MetricType::kGauge);
constexpr Family kCpu =
    family("namedprocess_namegroup_cpu_seconds_total",
           "CPU time that members have used, ended ones included.", MetricType::kCounter, "mode");
constexpr Family kRead = family("namedprocess_namegroup_read_bytes_total",
                                "Bytes that members had read from storage.", MetricType::kCounter);
constexpr Family kWritten =
    family("namedprocess_namegroup_write_bytes_total", "Bytes that members had written to storage.",
           MetricType::kCounter);
constexpr Family kMajor =
    family("namedprocess_namegroup_major_page_faults_total",
           "Page faults of members that had to wait for storage.", MetricType::kCounter);
constexpr Family kMinor =
    family("namedprocess_namegroup_minor_page_faults_total",
           "Page faults of members that memory alone could answer.", MetricType::kCounter);
constexpr Family kSwitches = family("namedprocess_namegroup_context_switches_total",
                                    "Context switches of the members' first threads.",
                                    MetricType::kCounter, "ctxswitchtype");

constexpr Family kScrapeErrors{"namedprocess_scrape_errors",
                               "Times that no process could be listed.", MetricType::kCounter};
constexpr Family kReadErrors{"namedprocess_scrape_procread_errors",
                             "Times that a process could not be read at all.",
                             MetricType::kCounter};
constexpr Family kPartialErrors{"namedprocess_scrape_partial_errors",
                                "Times that a process could be read in part only.",
                                MetricType::kCounter};

constexpr std::array<std::string_view, ProcessGroup::kStateCount> kStateNames{
    "Running", "Sleeping", "Waiting", "Zombie", "Other"};

// "btime 1795635921" in /proc/stat.
std::uint64_t boot_seconds(std::string_view stat) {
  constexpr std::string_view kLine = "\nbtime ";
  const auto at = stat.rfind(kLine);
  if (at == stat.npos) return 0;
  stat.remove_prefix(at + kLine.size());
  return next_number<std::uint64_t>(stat).value_or(0);
}

class NamedProcessCollector final : public Collector {
 public:
  NamedProcessCollector(const HostContext& context, ProcessScan::Settings settings)
      : stat_(context.stat_file), scan_(std::move(settings)) {}

  std::string_view name() const override { return "namedprocess"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const auto scanned = scan_.run();
    if (!scanned) ++scrape_errors_;
    if (const auto text = stat_->read(scrape)) boot_seconds_ = boot_seconds(*text);
    write_gauges(out);
    write_counters(out);
    out.family(kScrapeErrors);
    out.add(scrape_errors_);
    out.family(kReadErrors);
    out.add(scan_.errors().unreadable);
    out.family(kPartialErrors);
    out.add(scan_.errors().partial);
    return scanned;
  }

 private:
  template <class Write>
  void for_each(SampleWriter& out, const Family& family, Write write) {
    out.family(family);
    for (const std::size_t place : scan_.groups().order()) {
      const ProcessGroup& group = scan_.groups()[place];
      if (group.last_seen != 0) write(group);
    }
  }

  void write_gauges(SampleWriter& out) {
    using Group = const ProcessGroup&;
    for_each(out, kMembers, [&](Group group) { out.add(group.members, group.name); });
    for_each(out, kThreads, [&](Group group) { out.add(group.threads, group.name); });
    for_each(out, kStates, [&](Group group) {
      for (std::size_t i = 0; i < kStateNames.size(); ++i) {
        out.add(group.states[i], group.name, kStateNames[i]);
      }
    });
    for_each(out, kMemory, [&](Group group) {
      out.add(group.resident_bytes, group.name, "resident");
      out.add(group.virtual_bytes, group.name, "virtual");
      out.add(group.swapped_bytes, group.name, "swapped");
      if (group.with_proportional == 0) return;
      out.add(group.proportional_resident_bytes, group.name, "proportionalResident");
      out.add(group.proportional_swapped_bytes, group.name, "proportionalSwapped");
    });
    for_each(out, kOpenFiles, [&](Group group) {
      if (group.with_open_files > 0 || group.members == 0) out.add(group.open_files, group.name);
    });
    for_each(out, kWorstRatio, [&](Group group) {
      if (group.with_open_files > 0) out.add(group.worst_open_files_ratio, group.name);
    });
    for_each(out, kOldest, [&](Group group) {
      if (group.members == 0 || boot_seconds_ == 0) return;
      out.add(Number::fixed(boot_seconds_ * 100 + group.oldest_start_ticks, 2), group.name);
    });
  }

  void write_counters(SampleWriter& out) {
    const auto ticks = [](const ProcessGroup& group, Counters::Kind kind) {
      return Number::fixed(group.used.values[kind], 2);
    };
    for_each(out, kCpu, [&](const ProcessGroup& group) {
      out.add(ticks(group, Counters::kUserTicks), group.name, "user");
      out.add(ticks(group, Counters::kSystemTicks), group.name, "system");
    });
    const auto plain = [&](const Family& family, Counters::Kind kind) {
      for_each(out, family,
               [&](const ProcessGroup& group) { out.add(group.used.values[kind], group.name); });
    };
    plain(kRead, Counters::kReadBytes);
    plain(kWritten, Counters::kWriteBytes);
    plain(kMajor, Counters::kMajorFaults);
    plain(kMinor, Counters::kMinorFaults);
    for_each(out, kSwitches, [&](const ProcessGroup& group) {
      out.add(group.used.values[Counters::kVoluntarySwitches], group.name, "voluntary");
      out.add(group.used.values[Counters::kInvoluntarySwitches], group.name, "nonvoluntary");
    });
  }

  const std::shared_ptr<SharedFile> stat_;
  ProcessScan scan_;
  std::uint64_t boot_seconds_ = 0;
  std::uint64_t scrape_errors_ = 0;
};

constexpr CollectorOption kOptions[] = {
    {"namedprocess.kernel-threads", "false", "count kernel threads, too, as the group kthreadd"},
    {"namedprocess.proportional", "false",
     "measure proportional memory (PSS), beside the scrapes, 20 ms after each"},
};

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  const auto kernel_threads = flag_option(context, "namedprocess.kernel-threads");
  if (!kernel_threads) return std::unexpected(kernel_threads.error());
  const auto proportional = flag_option(context, "namedprocess.proportional");
  if (!proportional) return std::unexpected(proportional.error());
  return std::make_unique<NamedProcessCollector>(
      context, ProcessScan::Settings{.procfs = context.roots.procfs,
                                     .groups = context.process_groups,
                                     .page_bytes = context.page_bytes,
                                     .patience = context.patience,
                                     .kernel_threads = *kernel_threads,
                                     .proportional = *proportional});
}

}  // namespace

CollectorRow namedprocess_row() {
  return {"namedprocess", false, "groups of processes by name or pattern (/proc/PID)", kOptions,
          make};
}

}  // namespace exporter
