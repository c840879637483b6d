#include "exporter/probes/reaper.h"

#include <sys/wait.h>

#include <algorithm>
#include <utility>

namespace exporter {

void Reaper::adopt(FileDescriptor process, int pid) {
  siginfo_t info{};
  if (waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG) != 0 || info.si_pid != 0) {
    return;
  }
  if (process && reactor_.watch(process.get(), EPOLLIN, *this)) {
    processes_.push_back(std::move(process));
  }
}

void Reaper::ready(int fd, std::uint32_t) {
  siginfo_t info{};
  if (waitid(P_PIDFD, static_cast<id_t>(fd), &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0) {
    return;
  }
  reactor_.forget(fd);
  std::erase_if(processes_, [&](const FileDescriptor& process) { return process.get() == fd; });
}

}  // namespace exporter
