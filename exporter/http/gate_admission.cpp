// Who gets in. Nobody honest is refused: room is made at the cost of whoever has kept a connection
// longest without using it, and first of all of the same address. The process can run out of
// descriptors before the gate reaches its cap (collectors, probes and the store need them too), so
// the last ones are left alone and one spare is held for the moment when there is none.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <tuple>
#include <utility>

#include "exporter/http/gate.h"

namespace exporter {
namespace {

constexpr int kAcceptsPerTurn = 64;
constexpr std::int64_t kReadingNs = 250'000'000;

FileDescriptor accept_from(int listening, sockaddr_storage& peer) {
  socklen_t length = sizeof peer;
  return FileDescriptor(accept4(listening, reinterpret_cast<sockaddr*>(&peer), &length,
                                SOCK_NONBLOCK | SOCK_CLOEXEC));
}

}  // namespace

FileDescriptor Gate::open_spare() {
  return FileDescriptor(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

void Gate::accept_clients(int listening) {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    // All are being served, which takes milliseconds: newcomers wait in the backlog.
    if (is_full() && find_victim(nullptr) == connections_.end()) {
      return pause_accepting(true);
    }
    sockaddr_storage peer{};
    FileDescriptor fd = accept_from(listening, peer);
    if (!fd && (errno == EMFILE || errno == ENFILE)) {
      fd = accept_with_spare(listening, peer);
      if (!spare_) return pause_accepting(true);
    }
    if (fd) {
      admit(std::move(fd), ClientAddress(peer));
    } else if (errno == EAGAIN) {
      return;
    } else if (errno == ENOBUFS || errno == ENOMEM) {
      return pause_accepting(true);
    }
    // Anything else is a client that is gone already (accept(2) hands its network errors to us).
  }
  watch_listeners(EPOLLIN);  // there may be more of them
}

void Gate::watch_listeners(std::uint32_t events) {
  epoll_event event{.events = events | EPOLLET, .data = {.u64 = kFirstListenerId}};
  for (const Listener& listener : listeners_) {
    epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, listener.fd.get(), &event);
    ++event.data.u64;
  }
}

// The kernel hands out the lowest free number, so a high one says how few are left.
bool Gate::is_full() const {
  if (connections_.size() >= max_connections_) return true;
  const FileDescriptor next(fcntl(epoll_.get(), F_DUPFD_CLOEXEC, 0));
  return next.get() < 0 || next.get() >= descriptor_limit_ - options_.reserved_descriptors;
}

// The process has no descriptor left, and accept(2) wants one before it looks whether anybody is
// there. With the spare one the client comes in, and an older connection gives up its own; where
// none can, the client is closed: left in the queue, it would wake us for ever.
FileDescriptor Gate::accept_with_spare(int listening, sockaddr_storage& peer) {
  if (!spare_ && !evict(nullptr, statistics_.evicted)) return {};
  spare_.reset();
  FileDescriptor fd = accept_from(listening, peer);
  const int error = errno;
  if (fd && !evict(nullptr, statistics_.evicted)) {
    count(statistics_.refused);
    fd.reset();
  }
  spare_ = open_spare();
  errno = error;
  return fd;
}

void Gate::pause_accepting(bool paused) {
  if (std::exchange(accepting_paused_, paused) == paused) return;
  if (paused) count(statistics_.pauses);
  paused_ns_ = now_ns_;
  if (!spare_) spare_ = open_spare();
  watch_listeners(paused ? 0U : static_cast<std::uint32_t>(EPOLLIN));
}

void Gate::admit(FileDescriptor fd, const ClientAddress& client) {
  count(statistics_.accepted);
  if (!make_room_for(fd, client)) {
    count(statistics_.refused);
    return;
  }
  const auto at =
      connections_.try_emplace(connections_.end(), next_id_++, std::move(fd), client, now_ns_);
  statistics_.active.store(connections_.size(), std::memory_order_relaxed);
  read(at);
}

bool Gate::make_room_for(FileDescriptor& fd, const ClientAddress& client) {
  // Moved down to what the evicted one had, it leaves the highest numbers to the rest of the
  // daemon.
  if (fd.get() >= descriptor_limit_ - options_.reserved_descriptors) {
    if (!evict(nullptr, statistics_.evicted)) {
      // Others took descriptors since is_full() looked. It has one, and the next ones wait.
      return fd.get() < descriptor_limit_ - options_.reserved_descriptors / 4;
    }
    if (const int lower = fcntl(fd.get(), F_DUPFD_CLOEXEC, 0); lower >= 0) fd.reset(lower);
    return true;
  }
  const std::size_t per_address = std::max<std::size_t>(1, max_connections_ * 3 / 4);
  if (connections_.size() >= per_address) {
    const auto own = std::ranges::count_if(
        connections_, [&](const auto& c) { return c.second.client.same_client(client); });
    if (static_cast<std::size_t>(own) >= per_address && evict(&client, statistics_.evicted_own)) {
      return true;
    }
  }
  return connections_.size() < max_connections_ || evict(nullptr, statistics_.evicted);
}

// First who has its response and only lingers or idles, then who waits longest, then the writer
// whose client has taken nothing for longest, and for longer than one that reads many responses in
// turn needs. Never one that is being served.
Gate::Connections::iterator Gate::find_victim(const ClientAddress* only) {
  const auto rank = [](const GateConnection& connection) {
    if (connection.state == State::kLingering || connection.state == State::kIdle) return 0;
    return connection.state == State::kWaiting ? 1 : 2;
  };
  auto victim = connections_.end();
  for (auto at = connections_.begin(); at != connections_.end(); ++at) {
    const GateConnection& connection = at->second;
    if (connection.state == State::kServing) continue;
    if (connection.state == State::kWriting && now_ns_ - connection.since_ns < kReadingNs) continue;
    if (only != nullptr && !connection.client.same_client(*only)) continue;
    if (victim == connections_.end() ||
        std::tuple(rank(connection), connection.since_ns) <
            std::tuple(rank(victim->second), victim->second.since_ns)) {
      victim = at;
    }
  }
  return victim;
}

bool Gate::evict(const ClientAddress* only, std::atomic<std::uint64_t>& counter) {
  const auto victim = find_victim(only);
  if (victim == connections_.end()) return false;
  count(counter);
  close(victim);
  return true;
}

}  // namespace exporter
