// Files of targets (app/file_sd.h), watched: what they say becomes probes. A thread of its own
// waits for inotify and looks at everything each half minute besides, because network file systems
// tell nothing. A file that cannot be read or understood keeps what it said last; a line in the log
// says so once, and a counter does.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "app/config_probe_modules.h"
#include "app/file_sd.h"
#include "exporter/core/kernel_file.h"

namespace app {

struct TargetFilesStatus {
  std::size_t files = 0;
  std::size_t bad_files = 0;  // that keep what they said last
  std::size_t targets = 0;
  std::uint64_t errors = 0;  // readings that failed, since the start
};

class TargetFiles {
 public:
  // apply is called on this object's thread, or that of start() and set(), with all probes of all
  // files whenever they changed; their names are unique, their ids are 0.
  using Apply = std::function<void(std::vector<exporter::ProbeSpec>)>;

  explicit TargetFiles(Apply apply) : apply_(std::move(apply)) {}
  ~TargetFiles() { stop(); }

  // Reads everything, then watches. Without any file set no thread is started.
  void start(const ProbeModules& modules);
  // Another configuration.
  void set(const ProbeModules& modules);
  void stop();

  TargetFilesStatus status() const;  // any thread

 private:
  struct File {
    std::string stamp;  // of what was read: inode, size, time
    std::vector<FoundTarget> targets;
    std::string error;  // as it was logged; empty: good
  };

  void run(const std::stop_token& stop);
  void look(bool changed);  // under mutex_; changed: the configuration has
  void watch_folders();     // likewise
  bool read(const std::string& path, File& file);
  std::vector<exporter::ProbeSpec> probes(const std::vector<std::vector<std::string>>& paths) const;

  const Apply apply_;
  mutable std::mutex mutex_;
  ProbeModules modules_;  // under mutex_, like all below
  std::map<std::string, File> files_;
  std::vector<exporter::ProbeSpec> applied_;
  TargetFilesStatus status_;
  exporter::FileDescriptor inotify_;
  exporter::FileDescriptor wake_;
  std::jthread thread_;  // the owner's
};

}  // namespace app
