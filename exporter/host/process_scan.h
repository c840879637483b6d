// Walks over all processes and adds them up by group. Between two walks it keeps of each process
// its counters, so that a group gets what was used since then, from a process that is new all it
// ever used, and nothing is lost or counted twice when members come, end, or turn into another
// program. One thread at a time; only the tasks run elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "exporter/core/deadline_worker.h"
#include "exporter/core/directory.h"
#include "exporter/core/process_groups.h"
#include "exporter/core/process_record.h"
#include "exporter/host/process_files.h"
#include "exporter/host/process_group.h"

namespace exporter {

// Reads a command line: it can block for as long as the process is stuck in memory management.
class CommandLineTask final : public BlockingTask {
 public:
  explicit CommandLineTask(std::string path) : path_(std::move(path)) {}
  std::string& text() { return text_; }

 private:
  void run() noexcept override;

  const std::string path_;
  std::string text_;
};

class ProportionalTask;

class ProcessScan {
 public:
  struct Settings {
    std::string procfs;
    ProcessGroups groups;
    std::uint64_t page_bytes = 4096;
    std::chrono::nanoseconds patience{0};  // for command lines
    bool kernel_threads = false;           // counts them, as the group "kthreadd"
    bool proportional = false;             // measures proportional memory, 20 ms in each walk
  };

  explicit ProcessScan(Settings settings);
  ~ProcessScan();

  // One walk. kNotFound or kIo when procfs cannot be listed: then all is as it was before.
  Result<void> run();

  ProcessGroupTable& groups() { return groups_; }

  // Counters since the start.
  struct Errors {
    std::uint64_t unreadable = 0;  // processes that could not be read at all
    std::uint64_t partial = 0;  // of which something could not be read, mostly for lack of rights
  };
  const Errors& errors() const { return errors_; }

 private:
  // What is kept of one process.
  struct Process {
    std::int32_t pid = 0;
    bool is_kernel_thread = false;
    std::uint64_t start_ticks = 0;
    std::uint64_t name_hash = 0;
    std::size_t group = 0;  // its place
    ProcessCounters counters;
    std::uint64_t faults_at_status = 0;
    std::uint64_t ticks_at_status = 0;
    std::uint64_t swapped_bytes = 0;
    std::uint64_t open_files_limit = 0;  // 0: not read yet
    std::optional<ProportionalMemory> proportional;
    std::shared_ptr<CommandLineTask> command_line;  // while it is awaited
    bool must_ask = false;                          // for it, in the next walk
  };

  void ask_new_ones();
  std::shared_ptr<CommandLineTask> command_line_of(std::int32_t pid);
  void visit(std::int32_t pid, const Process* before);
  void find_group(Process& process, std::string_view name);
  void read_more(Process& process, const ProcessRecord& record, ProcessGroup& group);
  void read_io(Process& process, ProcessCounters& now);
  void read_status(Process& process, const ProcessRecord& record, ProcessCounters& now);
  void read_open_files(Process& process, ProcessGroup& group);
  void take_proportional();
  void measure_proportional();
  bool is_turn(std::int32_t pid, std::uint64_t every) const;

  const Settings settings_;
  Directory directory_;
  ProcessFiles files_;
  std::uint64_t scan_ = 0;
  std::vector<std::int32_t> pids_;
  std::vector<Process> processes_;  // by pid
  std::vector<Process> before_;
  ProcessGroupTable groups_;
  Errors errors_;

  DeadlineWorker command_line_worker_;
  std::vector<std::pair<std::int32_t, std::shared_ptr<CommandLineTask>>> new_ones_;  // by pid
  DeadlineWorker proportional_worker_;
  std::shared_ptr<ProportionalTask> proportional_;
  std::int32_t proportional_after_ = 0;  // the pid that was measured last
};

}  // namespace exporter
