// The descriptors that the probe thread waits for: one epoll set for libcurl's sockets and for
// those of all probes. wait() sleeps, dispatch() calls who is concerned. Probe thread only, except
// wake().
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <vector>

#include "exporter/core/kernel_file.h"

namespace exporter {

class Reactor {
 public:
  class Watcher {
   public:
    // EPOLLIN, EPOLLOUT, EPOLLERR and EPOLLHUP in events. May watch and forget anything.
    virtual void ready(int fd, std::uint32_t events) = 0;

   protected:
    ~Watcher() = default;
  };

  Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  bool usable() const { return epoll_ && wake_; }

  // Level-triggered; replaces what was watched of the descriptor. False: the kernel refused, or it
  // is a file that is always ready.
  bool watch(int fd, std::uint32_t events, Watcher& watcher);
  // To be called before the descriptor is closed. What is ready of it already is not reported.
  void forget(int fd);

  // Until something is ready, wake() was called, or wait_ns have passed.
  void wait(std::int64_t wait_ns);
  void dispatch();

  // Ends a wait(), now or the next one: what was said before it is to be looked at after a wait().
  // Any thread.
  void wake();

 private:
  struct Slot {
    Watcher* watcher = nullptr;
    std::uint32_t generation = 0;  // a number that is used again is another descriptor
  };

  FileDescriptor epoll_;
  FileDescriptor wake_;
  std::vector<Slot> slots_;  // by descriptor
  std::array<epoll_event, 256> ready_{};
  std::size_t ready_count_ = 0;
};

}  // namespace exporter
