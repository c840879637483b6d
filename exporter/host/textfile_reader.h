// The *.prom files of the directories that one pattern stands for, read when they changed. A
// directory on a dead mount hangs this task and nothing else (DeadlineWorker).
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "exporter/core/deadline_worker.h"
#include "exporter/host/textfile_merge.h"

namespace exporter {

// What one file may be: more is refused, so that a file gone wild costs bounded memory.
inline constexpr std::size_t kMaxTextFileBytes = 8 << 20;
inline constexpr std::size_t kMaxTextFileSamples = 100'000;
inline constexpr std::size_t kMaxTextFiles = 1'000;  // of one pattern

class TextfileReader final : public BlockingTask {
 public:
  // pattern: a directory or a glob of directories.
  explicit TextfileReader(std::string pattern) : pattern_(std::move(pattern)) {}

  // While not busy(), all of the last run. In the order of directories and names.
  const std::vector<std::shared_ptr<const TextFile>>& files() const { return files_; }
  // One line each: directories that cannot be read.
  const std::vector<std::string>& errors() const { return errors_; }
  // Changes whenever one of the above did.
  std::uint64_t version() const { return version_; }
  const std::string& pattern() const { return pattern_; }

 private:
  // A file whose numbers are all the same was not written in between.
  struct Known {
    struct stat status{};
    std::shared_ptr<const TextFile> file;
    std::uint64_t run = 0;  // that saw it last
  };

  void run() noexcept override;
  void read_all();
  void read_directory(const std::string& path);
  void read_file(int directory, const std::string& directory_path, const std::string& name);

  const std::string pattern_;
  std::map<std::string, Known> known_;  // by path
  std::uint64_t runs_ = 0;
  std::vector<std::shared_ptr<const TextFile>> files_;
  std::vector<std::string> errors_;
  std::uint64_t version_ = 0;
};

}  // namespace exporter
