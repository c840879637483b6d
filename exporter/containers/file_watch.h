// inotify: tells that files or directories changed. One thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "exporter/core/kernel_file.h"

namespace exporter {

class FileWatch {
 public:
  // What watch() gives when nothing can be watched.
  static constexpr int kNone = -1;

  FileWatch();

  // For poll(); -1 when this system has no inotify left.
  int descriptor() const { return inotify_.get(); }

  // events: of <sys/inotify.h>. The same path gives the same number again. On kNone errno says why.
  int watch(const std::string& path, std::uint32_t events);
  void unwatch(int watch);

  // Tells each event since the last call: of which watch, and the name of the file below a watched
  // directory. kNone: events were lost, anything may have changed. True when there was any.
  bool drain(const std::function<void(int watch, std::string_view name)>& tell);

 private:
  FileDescriptor inotify_;
};

}  // namespace exporter
