// 1 (init) S 0 1 1 0 -1 4194560 3034 4837 31 43 9 20 4 8 20 0 1 0 9 ...
#include "exporter/host/processes.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "exporter/core/directory.h"
#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr Family kPids{"node_processes_pids", "Processes."};
constexpr Family kThreads{"node_processes_threads", "Threads of all processes."};
constexpr Family kMaxThreads{"node_processes_max_threads", "Threads there can be at once."};
constexpr Family kMaxProcesses{"node_processes_max_processes",
                               "Process numbers there are, for threads too."};
constexpr Family kState{
    "node_processes_state", "Processes in this state.", MetricType::kGauge, {"state"}};
constexpr Family kThreadState{
    "node_processes_threads_state", "Threads in this state.", MetricType::kGauge, {"thread_state"}};

// By the letter of the state.
class StateCounts {
 public:
  void clear() { counts_ = {}; }
  void count(char state) { ++counts_[static_cast<unsigned char>(state)]; }
  void write(SampleWriter& out) const {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      const char letter = static_cast<char>(i);
      if (counts_[i] > 0) out.add(counts_[i], std::string_view(&letter, 1));
    }
  }

 private:
  std::array<std::uint32_t, 256> counts_{};
};

// "123/stat" or "123/task", with an end for system calls.
class BelowNumber {
 public:
  BelowNumber(std::string_view number, std::string_view file) {
    if (number.size() + file.size() + 1 > text_.size()) return;
    number.copy(text_.data(), number.size());
    file.copy(text_.data() + number.size(), file.size());
  }
  const char* c_str() const { return text_.data(); }

 private:
  std::array<char, 64> text_{};
};

bool is_number(std::string_view name) { return to_number<std::uint32_t>(name).has_value(); }

class ProcessesCollector final : public Collector {
 public:
  explicit ProcessesCollector(const HostContext& context)
      : processes_(context.roots.procfs),
        max_threads_(context.roots.procfs + "/sys/kernel/threads-max", FileShape::kOneLine),
        max_processes_(context.roots.procfs + "/sys/kernel/pid_max", FileShape::kOneLine) {}

  std::string_view name() const override { return "processes"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const Result<void> counted = count();
    const auto add = [&out](const Family& family, const Result<Number>& value) {
      out.family(family);
      if (value) out.add(*value);
    };
    const auto max_threads = read_number(max_threads_, scrape.buffer);
    const auto max_processes = read_number(max_processes_, scrape.buffer);
    add(kPids, pids_);
    add(kThreads, threads_);
    add(kMaxThreads, max_threads);
    add(kMaxProcesses, max_processes);
    out.family(kState);
    states_.write(out);
    out.family(kThreadState);
    thread_states_.write(out);
    if (!counted) return counted;
    if (!max_threads) return std::unexpected(max_threads.error());
    if (!max_processes) return std::unexpected(max_processes.error());
    return {};
  }

 private:
  Result<void> count() {
    pids_ = 0;
    threads_ = 0;
    states_.clear();
    thread_states_.clear();
    bad_.clear();
    const Result<void> listed = processes_.for_each([this](std::string_view name) {
      if (is_number(name)) count_process(name);
    });
    if (!listed) return listed;
    if (bad_.empty()) return {};
    return fail(ErrorKind::kParse, processes_.path() + "/" + bad_ + "/stat: cannot be read");
  }

  // One that cannot be read is gone, or hidden from this user.
  void count_process(std::string_view pid) {
    const auto text = read_stat(processes_.descriptor(), pid);
    if (!text) return;
    const auto stat = parse_process_stat(*text);
    if (!stat) {
      if (bad_.empty()) bad_ = pid;
      return;
    }
    ++pids_;
    threads_ += stat->threads;
    states_.count(stat->state);
    if (stat->threads <= 1 ||
        !tasks_.open_at(processes_.descriptor(), BelowNumber(pid, "/task").c_str())) {
      thread_states_.count(stat->state);
      return;
    }
    // A process that ends meanwhile lists no more of them.
    [[maybe_unused]] const auto listed = tasks_.for_each([this](std::string_view name) {
      if (!is_number(name)) return;
      const auto task = read_stat(tasks_.descriptor(), name);
      const auto task_stat = task ? parse_process_stat(*task) : std::nullopt;
      if (task_stat) thread_states_.count(task_stat->state);
    });
  }

  std::optional<std::string_view> read_stat(int directory, std::string_view number) {
    const FileDescriptor fd(
        ::openat(directory, BelowNumber(number, "/stat").c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return std::nullopt;
    const ssize_t length = ::read(fd.get(), text_.data(), text_.size());
    if (length <= 0) return std::nullopt;
    return std::string_view(text_.data(), static_cast<std::size_t>(length));
  }

  Directory processes_;
  Directory tasks_;
  KernelFile max_threads_;
  KernelFile max_processes_;
  std::array<char, 1024> text_{};
  std::uint64_t pids_ = 0;
  std::uint64_t threads_ = 0;
  StateCounts states_;
  StateCounts thread_states_;
  std::string bad_;
};

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
  const std::size_t name_end = text.rfind(')');
  if (name_end == text.npos) return std::nullopt;
  text.remove_prefix(name_end + 1);
  const std::string_view state = next_word(text);
  constexpr int kBetween = 16;  // fields 4 to 19
  for (int i = 0; i < kBetween; ++i) next_word(text);
  const auto threads = next_number<std::uint64_t>(text);
  if (state.size() != 1 || !threads) return std::nullopt;
  return ProcessStat{state[0], *threads};
}

CollectorRow processes_row() {
  return {"processes",
          false,
          "how many processes and threads there are, and their states (/proc/PID)",
          {},
          make_collector<ProcessesCollector>};
}

}  // namespace exporter
