// Takes in processes that were killed and waits for their end, so that none stays a zombie. Probe
// thread only.
#pragma once

#include <vector>

#include "exporter/core/kernel_file.h"
#include "exporter/probes/reactor.h"

namespace exporter {

class Reaper final : public Reactor::Watcher {
 public:
  explicit Reaper(Reactor& reactor) : reactor_(reactor) {}

  // A pidfd of a child, and its number in case that is all there is.
  void adopt(FileDescriptor process, int pid);

  void ready(int fd, std::uint32_t events) override;

 private:
  Reactor& reactor_;
  std::vector<FileDescriptor> processes_;
};

}  // namespace exporter
