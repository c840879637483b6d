// The gate: owns every client socket, reads whole requests under deadlines and caps, refuses what
// is not strictly HTTP, has complete requests answered and writes the answers. A client can only
// ever cost a bounded share: whoever is slow is closed, whoever is too many evicts the oldest of
// its own, nobody honest is turned away.
//
// Its threads wait on one epoll descriptor. The one that is woken by a client also answers it, so
// that a scrape wakes one thread and no second; there is one thread more than may be answering at
// once, so somebody always looks after the other clients.
//
// A connection that is kept for further requests has no rights: it is the first to make room.
// listen(), start(), stop() belong to the thread that owns the gate;
// statistics() and ports() may be read from any thread after listen().
#pragma once

#include <sys/eventfd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "exporter/core/clock.h"
#include "exporter/core/error.h"
#include "exporter/core/kernel_file.h"
#include "exporter/http/gate_connection.h"
#include "exporter/http/gate_workers.h"
#include "exporter/http/listener.h"

namespace exporter {

struct GateOptions {
  std::vector<std::string> listen_addresses = {"127.0.0.1:9999"};
  std::size_t max_connections = 1024;                       // never more than half of RLIMIT_NOFILE
  std::size_t workers = 2;                                  // requests that are answered at once
  std::size_t slow_workers = 16;                            // for handlers that wait
  std::function<bool(std::string_view path)> is_slow = {};  // whose handlers do; empty: none
  std::size_t queue_limit = 512;                            // requests that wait for their turn
  std::size_t max_buffered_bytes = 8 * 1024 * 1024;         // of incomplete requests, all clients
  int reserved_descriptors = 16;                            // left to the rest of the daemon
  std::int64_t request_deadline_ms = 5'000;  // from accept to the last byte of the request
  std::int64_t write_deadline_ms = 10'000;   // without the client taking a byte
  std::int64_t linger_ms = 1'000;
  std::int64_t keep_alive_ms = 0;  // between two requests of a client; 0: a response is the last
  std::int64_t stop_ms = 1'000;    // for responses on their way when the gate stops
  int sweep_ms = 500;              // how often deadlines are looked at
};

// Counted since start, but for active.
struct GateStatistics {
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> active{0};
  std::atomic<std::uint64_t> evicted{0};          // to make room for a newer connection
  std::atomic<std::uint64_t> evicted_own{0};      // ... of the same address, at its cap
  std::atomic<std::uint64_t> evicted_buffers{0};  // ... because incomplete requests held too much
  std::atomic<std::uint64_t> refused{0};          // closed at once: no room could be made
  std::atomic<std::uint64_t> pauses{0};        // newcomers wait: no descriptor, or all are served
  std::atomic<std::uint64_t> bad_requests{0};  // answered 4xx or 505 by the gate itself
  std::atomic<std::uint64_t> queue_full{0};    // answered 503
  std::atomic<std::uint64_t> request_timeouts{0};
  std::atomic<std::uint64_t> write_timeouts{0};
  std::atomic<std::uint64_t> bytes_written{0};
  std::array<std::atomic<std::uint64_t>, 6> responses{};  // by class of status: [2] is 2xx
};

class Gate {
 public:
  using TakesBody = std::function<bool(std::string_view path)>;

  // answer runs on the gate's threads, several at once; takes_body on one at a time. clock outlives
  // the gate.
  Gate(GateOptions options, const Clock& clock, GateWorkers::Answer answer, TakesBody takes_body);
  ~Gate() { stop(); }

  Result<void> listen();  // clients queue from now on
  void start();           // and are answered from now on
  void stop();            // within stop_ms and the run time of a handler

  const std::vector<std::uint16_t>& ports() const { return ports_; }  // in the order of addresses
  const GateStatistics& statistics() const { return statistics_; }

 private:
  using Connections = std::map<std::uint64_t, GateConnection>;  // by age: ids only grow
  using State = GateConnection::State;

  // What epoll hands back with an event: the eventfd, a listener or a connection.
  static constexpr std::uint64_t kWakeId = 0;
  static constexpr std::uint64_t kFirstListenerId = 1;
  static constexpr std::uint64_t kFirstConnectionId = 1 << 16;

  static void count(std::atomic<std::uint64_t>& counter, std::uint64_t n = 1) {
    counter.fetch_add(n, std::memory_order_relaxed);
  }

  // With the lock held, from here on; run() and serve() let it go while they wait and answer.
  void run();
  void serve(std::unique_lock<std::mutex>& lock);
  bool has_deadlines() const;
  bool has_idle() const;
  int wait_ms() const;
  void wake() { eventfd_write(wake_.get(), 1); }
  void look_at_clock() { now_ns_ = clock_.now().mono_ns; }
  void handle(std::uint64_t id);
  void take_answers();
  void sweep();
  void begin_stop();
  bool stop_finished() const;

  void accept_clients(int listening);
  FileDescriptor accept_with_spare(int listening, sockaddr_storage& peer);
  void watch_listeners(std::uint32_t events);
  void pause_accepting(bool paused);
  bool is_full() const;  // of connections, or the process of descriptors
  void admit(FileDescriptor fd, const ClientAddress& client);
  bool make_room_for(FileDescriptor& fd, const ClientAddress& client);
  Connections::iterator find_victim(const ClientAddress* only);
  bool evict(const ClientAddress* only, std::atomic<std::uint64_t>& counter);

  void read(Connections::iterator at);
  bool submit(GateJob job);
  void reply(Connections::iterator at, GateReply reply);
  void write(Connections::iterator at);
  void linger_or_close(Connections::iterator at);
  void watch(Connections::iterator at, std::uint32_t events);
  void forget_received(GateConnection& connection);
  void close(Connections::iterator at);

  static FileDescriptor open_spare();

  const GateOptions options_;
  const Clock& clock_;
  const GateWorkers::Answer answer_;
  const TakesBody takes_body_;
  GateStatistics statistics_;
  std::vector<std::uint16_t> ports_;
  FileDescriptor epoll_;
  FileDescriptor wake_;
  FileDescriptor spare_;  // given up for a moment to turn a client away when none is left
  std::vector<Listener> listeners_;

  std::mutex lock_;  // guards everything below
  Connections connections_;
  std::deque<GateJob> jobs_;     // complete requests that nobody answers yet
  std::size_t answering_ = 0;    // threads inside answer_
  std::size_t timekeepers_ = 0;  // threads in epoll_wait that come back for the deadlines
  bool stop_requested_ = false;
  bool stopping_ = false;
  std::uint64_t next_id_;
  std::size_t max_connections_ = 0;
  int descriptor_limit_ = 0;
  std::size_t buffered_bytes_ = 0;
  std::int64_t now_ns_ = 0;
  std::int64_t swept_ns_ = 0;
  std::int64_t stop_ns_ = 0;
  std::int64_t paused_ns_ = 0;
  bool accepting_paused_ = false;
  std::vector<char> scratch_;

  std::optional<GateWorkers> slow_workers_;
  std::vector<std::jthread> threads_;  // the owner's
};

}  // namespace exporter
