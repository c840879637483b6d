// A process costs one open of stat, one of io and one stat() of fd in each walk. The dearest file,
// status (context switches, swap), is read only when the process has used a tick or had a fault
// since, and else every 8th time; the limit of open files, which hardly ever changes, every 16th.
// Each process has its turn by its number, so that the turns spread over the walks.
#include "exporter/host/process_scan.h"

#include <algorithm>
#include <cerrno>
#include <functional>

#include "exporter/core/scan.h"
#include "exporter/host/process_proportional.h"

namespace exporter {
namespace {

constexpr std::uint64_t kStatusEvery = 8;
constexpr std::uint64_t kLimitEvery = 16;
constexpr std::uint64_t kKernelThreadEvery = 16;
constexpr std::string_view kKernelThreads = "kthreadd";

ProcessGroup::State state_of(char letter) {
  switch (letter) {
    case 'R': return ProcessGroup::kRunning;
    case 'S': return ProcessGroup::kSleeping;
    case 'D': return ProcessGroup::kWaiting;
    case 'Z': return ProcessGroup::kZombie;
    default: return ProcessGroup::kOther;
  }
}

bool is_gone(int error) { return error == ENOENT || error == ESRCH; }

}  // namespace

void CommandLineTask::run() noexcept {
  try {
    text_ = read_file(path_, 4096).value_or("");
  } catch (...) {
    text_.clear();
  }
}

ProcessScan::ProcessScan(Settings settings)
    : settings_(std::move(settings)), directory_(settings_.procfs) {}

ProcessScan::~ProcessScan() = default;

bool ProcessScan::is_turn(std::int32_t pid, std::uint64_t every) const {
  return (scan_ + static_cast<std::uint64_t>(pid)) % every == 0;
}

Result<void> ProcessScan::run() {
  pids_.clear();
  const auto listed = directory_.for_each([this](std::string_view name) {
    if (const auto pid = to_number<std::int32_t>(name)) pids_.push_back(*pid);
  });
  if (!listed) return listed;
  std::ranges::sort(pids_);
  files_.use(directory_.descriptor());
  groups_.begin_scan(++scan_);
  if (settings_.proportional) take_proportional();
  processes_.swap(before_);
  processes_.clear();
  if (processes_.capacity() < pids_.size()) processes_.reserve(pids_.size() + pids_.size() / 4);
  if (settings_.groups.needs_command_line()) ask_new_ones();
  auto before = before_.begin();
  for (const std::int32_t pid : pids_) {
    while (before != before_.end() && before->pid < pid) ++before;
    const bool known = before != before_.end() && before->pid == pid;
    visit(pid, known ? &*before : nullptr);
  }
  if (settings_.proportional) measure_proportional();
  return {};
}

// Command lines of the processes that were not there in the walk before, and of those that did not
// answer in time then.
void ProcessScan::ask_new_ones() {
  new_ones_.clear();
  std::vector<std::shared_ptr<BlockingTask>> tasks;
  auto before = before_.begin();
  for (const std::int32_t pid : pids_) {
    while (before != before_.end() && before->pid < pid) ++before;
    const bool known = before != before_.end() && before->pid == pid;
    if (known && !before->must_ask) continue;
    auto task = std::make_shared<CommandLineTask>(settings_.procfs + "/" + std::to_string(pid) +
                                                  "/cmdline");
    tasks.push_back(task);
    new_ones_.emplace_back(pid, std::move(task));
  }
  if (tasks.empty()) return;
  command_line_worker_.start(tasks);
  command_line_worker_.wait(settings_.patience);
}

std::shared_ptr<CommandLineTask> ProcessScan::command_line_of(std::int32_t pid) {
  using Entry = decltype(new_ones_)::value_type;
  const auto at = std::ranges::lower_bound(new_ones_, pid, {}, &Entry::first);
  return at != new_ones_.end() && at->first == pid ? at->second : nullptr;
}

void ProcessScan::visit(std::int32_t pid, const Process* before) {
  const bool was_kernel_thread = before != nullptr && before->is_kernel_thread;
  if (was_kernel_thread && !settings_.kernel_threads && !is_turn(pid, kKernelThreadEvery)) {
    processes_.push_back(*before);
    return;
  }
  const std::string_view text = files_.read(pid, "stat");
  const auto record = parse_process_record(text);
  if (!record) {
    if (!is_gone(files_.error())) ++errors_.unreadable;
    return;
  }
  Process& process = processes_.emplace_back();
  const bool same = before != nullptr && before->start_ticks == record->start_ticks;
  if (same) process = *before;
  process.pid = pid;
  process.start_ticks = record->start_ticks;
  process.is_kernel_thread = record->is_kernel_thread;
  if (process.is_kernel_thread && !settings_.kernel_threads) return;

  // A process that runs another program has another name, and belongs elsewhere from now on.
  const std::uint64_t hash = std::hash<std::string_view>{}(record->name);
  if (!same || hash != process.name_hash || process.command_line || process.must_ask) {
    if (hash != process.name_hash) process.command_line.reset();  // was another program's
    process.name_hash = hash;
    find_group(process, record->name);
  }
  ProcessGroup& group = groups_[process.group];
  group.last_seen = scan_;
  ++group.members;
  group.threads += record->threads;
  group.resident_bytes += record->resident_pages * settings_.page_bytes;
  group.virtual_bytes += record->virtual_bytes;
  ++group.states[state_of(record->state)];
  if (group.oldest_start_ticks == 0 || record->start_ticks < group.oldest_start_ticks) {
    group.oldest_start_ticks = record->start_ticks;
  }
  if (process.proportional) {
    ++group.with_proportional;
    group.proportional_resident_bytes += process.proportional->resident_bytes;
    group.proportional_swapped_bytes += process.proportional->swapped_bytes;
  }
  read_more(process, *record, group);
}

void ProcessScan::find_group(Process& process, std::string_view name) {
  if (process.is_kernel_thread) {
    process.group = groups_.place_of(kKernelThreads);
    return;
  }
  std::string text;
  if (settings_.groups.needs_command_line()) {
    if (!process.command_line) process.command_line = command_line_of(process.pid);
    // Until the line is read the process is known by its name alone.
    process.must_ask = !process.command_line;
    if (process.must_ask || process.command_line->busy()) {
      process.group = groups_.place_of(name);
      return;
    }
    text = std::move(process.command_line->text());
    process.command_line.reset();
  }
  process.group = groups_.place_of(settings_.groups.group_of(process_names(name, text)));
}

void ProcessScan::read_more(Process& process, const ProcessRecord& record, ProcessGroup& group) {
  ProcessCounters now = process.counters;
  now.values[ProcessCounters::kUserTicks] = record.user_ticks;
  now.values[ProcessCounters::kSystemTicks] = record.system_ticks;
  now.values[ProcessCounters::kMajorFaults] = record.major_faults;
  now.values[ProcessCounters::kMinorFaults] = record.minor_faults;
  if (record.state != 'Z' && !record.is_kernel_thread) {
    read_io(process, now);
    read_status(process, record, now);
    read_open_files(process, group);
  }
  group.swapped_bytes += process.swapped_bytes;
  for (std::size_t i = 0; i < now.values.size(); ++i) {
    const std::uint64_t before = process.counters.values[i];
    if (now.values[i] > before) group.used.values[i] += now.values[i] - before;
    process.counters.values[i] = std::max(now.values[i], before);
  }
}

void ProcessScan::read_io(Process& process, ProcessCounters& now) {
  const auto io = parse_process_io(files_.read(process.pid, "io"));
  if (!io) {
    if (!is_gone(files_.error())) ++errors_.partial;
    return;
  }
  now.values[ProcessCounters::kReadBytes] = io->read_bytes;
  now.values[ProcessCounters::kWriteBytes] = io->write_bytes;
}

void ProcessScan::read_status(Process& process, const ProcessRecord& record, ProcessCounters& now) {
  const std::uint64_t ticks = record.user_ticks + record.system_ticks;
  const std::uint64_t faults = record.minor_faults + record.major_faults;
  const bool never = now.values[ProcessCounters::kVoluntarySwitches] == 0 &&
                     now.values[ProcessCounters::kInvoluntarySwitches] == 0;
  if (!never && ticks == process.ticks_at_status && faults == process.faults_at_status &&
      !is_turn(process.pid, kStatusEvery)) {
    return;
  }
  const auto status = parse_process_status(files_.read(process.pid, "status"));
  if (!status) return;
  process.ticks_at_status = ticks;
  process.faults_at_status = faults;
  process.swapped_bytes = status->swapped_bytes;
  now.values[ProcessCounters::kVoluntarySwitches] = status->voluntary_switches;
  now.values[ProcessCounters::kInvoluntarySwitches] = status->involuntary_switches;
}

void ProcessScan::read_open_files(Process& process, ProcessGroup& group) {
  const auto open = files_.open_files(process.pid);
  if (!open) return;
  ++group.with_open_files;
  group.open_files += *open;
  if (process.open_files_limit == 0 || is_turn(process.pid, kLimitEvery)) {
    process.open_files_limit =
        parse_open_files_limit(files_.read(process.pid, "limits")).value_or(0);
  }
  if (process.open_files_limit == 0) return;
  const double ratio = static_cast<double>(*open) / static_cast<double>(process.open_files_limit);
  group.worst_open_files_ratio = std::max(group.worst_open_files_ratio, ratio);
}

// What the task has measured since the walk before. Processes are matched by number and start, so
// an answer about one that has ended goes nowhere.
void ProcessScan::take_proportional() {
  if (!proportional_ || proportional_->busy()) return;
  for (const ProportionalTask::Answer& answer : proportional_->answers()) {
    const auto process = std::ranges::lower_bound(processes_, answer.pid, {}, &Process::pid);
    if (process == processes_.end() || process->pid != answer.pid) continue;
    if (process->start_ticks == answer.start_ticks) process->proportional = answer.memory;
  }
  if (proportional_->last_pid() != 0) proportional_after_ = proportional_->last_pid();
}

void ProcessScan::measure_proportional() {
  if (!proportional_) proportional_ = std::make_shared<ProportionalTask>(settings_.procfs);
  if (proportional_->busy()) return;
  auto& questions = proportional_->questions();
  questions.clear();
  const auto middle = std::ranges::upper_bound(processes_, proportional_after_, {}, &Process::pid);
  const auto ask = [&](auto from, auto to) {
    for (; from != to; ++from) {
      if (!from->is_kernel_thread) questions.push_back({from->pid, from->start_ticks});
    }
  };
  ask(middle, processes_.end());
  ask(processes_.begin(), middle);
  const std::shared_ptr<BlockingTask> task = proportional_;
  proportional_worker_.start({&task, 1});
}

}  // namespace exporter
