#include "exporter/containers/process_details.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>

#include "exporter/containers/group.h"
#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr MetricType kCounter = MetricType::kCounter;

constexpr Family kDescriptors{"container_file_descriptors", "Open files of all its processes."};
constexpr Family kSockets{"container_sockets", "Open sockets of all its processes."};
constexpr Family kLimits{"container_ulimits_soft",
                         "Soft limit of the first process; -1 is none.",
                         MetricType::kGauge,
                         {"ulimit"}};
constexpr Family kRun{"container_cpu_schedstat_run_seconds_total",
                      "Time that the main threads of its processes ran.", kCounter};
constexpr Family kWait{"container_cpu_schedstat_runqueue_seconds_total",
                       "Time that the main threads of its processes waited for a CPU.", kCounter};
constexpr Family kPeriods{"container_cpu_schedstat_run_periods_total",
                          "How often the main threads of its processes got a CPU.", kCounter};

// Every open file takes a call, and a scrape has to end.
constexpr std::uint64_t kMaxDescriptors = 100'000;

std::string_view read_of(const std::string& procfs, std::uint32_t process, const char* name,
                         ReadBuffer& buffer) {
  std::array<char, 512> path;
  std::snprintf(path.data(), path.size(), "%s/%u/%s", procfs.c_str(), process, name);
  const FileDescriptor fd(::open(path.data(), O_RDONLY | O_CLOEXEC));
  if (!fd) return {};
  const ssize_t length = ::read(fd.get(), buffer.data(), buffer.size());
  return {buffer.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
}

void add(SchedStat& sum, const SchedStat& part) {
  sum.run_ns += part.run_ns;
  sum.wait_ns += part.wait_ns;
  sum.periods += part.periods;
}

// False when they may not be seen. A process that is gone has none.
bool count_descriptors(const std::string& procfs, std::uint32_t process, ProcessDetails& details,
                       std::uint64_t& left) {
  std::array<char, 512> path;
  std::snprintf(path.data(), path.size(), "%s/%u/fd", procfs.c_str(), process);
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.data()), ::closedir);
  if (!directory) return errno != EACCES && errno != EPERM;
  while (const dirent* entry = ::readdir(directory.get())) {
    if (entry->d_name[0] == '.') continue;
    if (left-- == 0) return false;
    ++*details.descriptors;
    std::array<char, 16> target{};
    const ssize_t length =
        ::readlinkat(::dirfd(directory.get()), entry->d_name, target.data(), target.size());
    const std::string_view link(target.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
    if (link.starts_with("socket:")) ++*details.sockets;
  }
  return true;
}

void read_descriptors(const std::string& procfs, ProcessDetails& details, std::uint64_t& left) {
  details.descriptors = details.sockets = 0;
  const bool all = std::ranges::all_of(details.processes, [&](std::uint32_t process) {
    return count_descriptors(procfs, process, details, left);
  });
  if (!all) details.descriptors = details.sockets = std::nullopt;
}

// The counts of processes that ended stay in the sum, so that it never falls.
void read_sched(const std::string& procfs, ProcessDetails& details, ReadBuffer& buffer) {
  std::vector<ProcessDetails::Seen> now;
  for (const std::uint32_t process : details.processes) {
    const auto stat = parse_process_schedstat(read_of(procfs, process, "schedstat", buffer));
    if (stat) now.push_back({process, *stat});
  }
  std::ranges::sort(now, {}, &ProcessDetails::Seen::process);
  for (const ProcessDetails::Seen& before : details.seen) {
    const auto same =
        std::ranges::lower_bound(now, before.process, {}, &ProcessDetails::Seen::process);
    const bool lives = same != now.end() && same->process == before.process &&
                       same->stat.run_ns >= before.stat.run_ns;  // else the number is used again
    if (!lives) add(details.ended, before.stat);
  }
  details.seen = std::move(now);
  details.sched = details.ended;
  for (const ProcessDetails::Seen& one : details.seen) add(details.sched, one.stat);
  details.sched_known = details.sched_known || !details.seen.empty();
}

}  // namespace

std::optional<SchedStat> parse_process_schedstat(std::string_view text) {
  std::array<std::uint64_t, 3> numbers{};
  if (next_numbers(text, numbers) != numbers.size()) return std::nullopt;
  return SchedStat{numbers[0], numbers[1], numbers[2]};
}

std::optional<std::int64_t> soft_limit_of_open_files(std::string_view text) {
  constexpr std::string_view kName = "Max open files ";
  std::string_view line;
  while (next_line(text, line)) {
    if (!line.starts_with(kName)) continue;
    line.remove_prefix(kName.size());
    const std::string_view soft = next_word(line);
    return soft == "unlimited" ? -1 : to_number<std::int64_t>(soft);
  }
  return std::nullopt;
}

void read_process_details(std::span<Group* const> groups, const std::string& procfs,
                          ReadBuffer& buffer) {
  std::uint64_t left = kMaxDescriptors;
  for (Group* group : groups) {
    if (!group->details) continue;
    ProcessDetails& details = *group->details;
    read_descriptors(procfs, details, left);
    read_sched(procfs, details, buffer);
    details.open_files_limit =
        group->first_process == 0
            ? std::nullopt
            : soft_limit_of_open_files(read_of(procfs, group->first_process, "limits", buffer));
  }
}

void write_process_details(std::span<Group* const> groups, SampleWriter& out) {
  const auto write = [&](const Family& family, auto&& sample) {
    out.family(family);
    for (const Group* group : groups) {
      if (group->details) sample(*group->details, group->labels);
    }
  };
  write(kDescriptors, [&out](const ProcessDetails& details, const SharedLabels& labels) {
    if (details.descriptors) out.add_of(labels, *details.descriptors);
  });
  write(kSockets, [&out](const ProcessDetails& details, const SharedLabels& labels) {
    if (details.sockets) out.add_of(labels, *details.sockets);
  });
  write(kLimits, [&out](const ProcessDetails& details, const SharedLabels& labels) {
    if (details.open_files_limit) out.add_of(labels, *details.open_files_limit, "max_open_files");
  });
  write(kRun, [&out](const ProcessDetails& details, const SharedLabels& labels) {
    if (details.sched_known) out.add_of(labels, Number::fixed(details.sched.run_ns, 9));
  });
  write(kWait, [&out](const ProcessDetails& details, const SharedLabels& labels) {
    if (details.sched_known) out.add_of(labels, Number::fixed(details.sched.wait_ns, 9));
  });
  write(kPeriods, [&out](const ProcessDetails& details, const SharedLabels& labels) {
    if (details.sched_known) out.add_of(labels, details.sched.periods);
  });
}

}  // namespace exporter
