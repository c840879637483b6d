// Proportional memory (PSS) costs 0.3 ms for a small process and milliseconds for a large one, so
// it is measured apart from the scrapes: one after the other, for a fixed time in each turn.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "exporter/core/deadline_worker.h"
#include "exporter/host/process_files.h"

namespace exporter {

class ProportionalTask final : public BlockingTask {
 public:
  static constexpr std::int64_t kTurnNs = 20'000'000;  // of CPU time

  struct Question {
    std::int32_t pid = 0;
    std::uint64_t start_ticks = 0;
  };
  struct Answer {
    std::int32_t pid = 0;
    std::uint64_t start_ticks = 0;
    ProportionalMemory memory;
  };

  explicit ProportionalTask(std::string procfs) : procfs_(std::move(procfs)) {}

  // All of these while not busy().
  std::vector<Question>& questions() { return questions_; }  // in the order to be asked
  const std::vector<Answer>& answers() const { return answers_; }
  std::int32_t last_pid() const { return last_pid_; }  // the last that was asked, 0: none

 private:
  void run() noexcept override;

  const std::string procfs_;
  std::vector<Question> questions_;
  std::vector<Answer> answers_;
  std::int32_t last_pid_ = 0;
};

}  // namespace exporter
