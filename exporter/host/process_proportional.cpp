#include "exporter/host/process_proportional.h"

#include <fcntl.h>

#include <ctime>
#include <new>

namespace exporter {
namespace {

std::int64_t thread_cpu_ns() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<std::int64_t>(used.tv_sec) * 1'000'000'000 + used.tv_nsec;
}

}  // namespace

void ProportionalTask::run() noexcept {
  answers_.clear();
  last_pid_ = 0;
  const FileDescriptor directory(::open(procfs_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return;
  ProcessFiles files;
  files.use(directory.get());
  const std::int64_t end = thread_cpu_ns() + kTurnNs;
  try {
    for (const Question& question : questions_) {
      last_pid_ = question.pid;
      if (const auto memory = parse_smaps_rollup(files.read(question.pid, "smaps_rollup"))) {
        answers_.push_back({question.pid, question.start_ticks, *memory});
      }
      if (thread_cpu_ns() >= end) return;
    }
  } catch (const std::bad_alloc&) {
    answers_.clear();
  }
}

}  // namespace exporter
