#include "exporter/containers/file_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <cstring>

namespace exporter {

FileWatch::FileWatch() : inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

int FileWatch::watch(const std::string& path, std::uint32_t events) {
  return ::inotify_add_watch(inotify_.get(), path.c_str(), events);
}

void FileWatch::unwatch(int watch) {
  if (watch != kNone) ::inotify_rm_watch(inotify_.get(), watch);
}

bool FileWatch::drain(const std::function<void(int, std::string_view)>& tell) {
  bool any = false;
  alignas(inotify_event) char buffer[8192];
  for (;;) {
    const ssize_t length = ::read(inotify_.get(), buffer, sizeof buffer);
    if (length <= 0) return any;
    any = true;
    for (ssize_t at = 0; at < length;) {
      inotify_event event{};
      std::memcpy(&event, buffer + at, sizeof event);
      const char* name = buffer + at + sizeof event;
      at += static_cast<ssize_t>(sizeof event + event.len);
      if ((event.mask & IN_IGNORED) != 0) continue;
      const bool lost = (event.mask & IN_Q_OVERFLOW) != 0;
      tell(lost ? kNone : event.wd, event.len > 0 ? std::string_view(name) : std::string_view());
    }
  }
}

}  // namespace exporter
