#include "exporter/probes/reactor.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "exporter/core/clock.h"

namespace exporter {
namespace {

constexpr std::uint64_t kWakeMark = ~std::uint64_t{0};

// epoll_pwait2 came with Linux 5.11; whole milliseconds do before that.
int wait_for_events(int epoll, epoll_event* events, int room, std::int64_t wait_ns) {
  const timespec limit{.tv_sec = wait_ns / kNsPerSecond, .tv_nsec = wait_ns % kNsPerSecond};
  const int count = epoll_pwait2(epoll, events, room, &limit, nullptr);
  if (count >= 0 || errno != ENOSYS) return count;
  const std::int64_t wait_ms = (wait_ns + kNsPerMs - 1) / kNsPerMs;
  return epoll_wait(epoll, events, room, static_cast<int>(wait_ms));
}

}  // namespace

Reactor::Reactor()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!usable()) return;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeMark;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) != 0) epoll_.reset();
}

bool Reactor::watch(int fd, std::uint32_t events, Watcher& watcher) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= slots_.size()) slots_.resize(index + 64);
  Slot& slot = slots_[index];
  const bool known = slot.watcher != nullptr;
  if (!known) ++slot.generation;
  epoll_event event{};
  event.events = events;
  event.data.u64 = std::uint64_t{slot.generation} << 32 | static_cast<std::uint32_t>(fd);
  if (epoll_ctl(epoll_.get(), known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0) return false;
  slot.watcher = &watcher;
  return true;
}

void Reactor::forget(int fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (fd < 0 || index >= slots_.size() || slots_[index].watcher == nullptr) return;
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  slots_[index].watcher = nullptr;
}

void Reactor::wait(std::int64_t wait_ns) {
  const int count = wait_for_events(epoll_.get(), ready_.data(), static_cast<int>(ready_.size()),
                                    std::max<std::int64_t>(wait_ns, 0));
  ready_count_ = count > 0 ? static_cast<std::size_t>(count) : 0;
  for (std::size_t i = 0; i < ready_count_; ++i) {
    if (ready_[i].data.u64 != kWakeMark) continue;
    std::uint64_t wakes = 0;
    [[maybe_unused]] const ssize_t taken = read(wake_.get(), &wakes, sizeof wakes);
  }
}

void Reactor::dispatch() {
  for (std::size_t i = 0; i < ready_count_; ++i) {
    const std::uint64_t mark = ready_[i].data.u64;
    if (mark == kWakeMark) continue;
    const auto fd = static_cast<std::uint32_t>(mark);
    const Slot& slot = slots_[fd];
    if (slot.watcher == nullptr || slot.generation != mark >> 32) continue;
    slot.watcher->ready(static_cast<int>(fd), ready_[i].events);
  }
  ready_count_ = 0;
}

void Reactor::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_.get(), &one, sizeof one);
}

}  // namespace exporter
