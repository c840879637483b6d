// The life of a connection:
//
//   accept -> kWaiting -> kServing -> kWriting -> closed, or kIdle -> kWaiting ...
//                 \-> refused (4xx) -> kWriting -> kLingering -> closed
//
// A client is read from the moment it is accepted, so a request that came with the connection never
// visits epoll. While its request is answered, the socket is not watched at all. Deadlines are
// looked at every sweep_ms, and not at all while nobody has one: an idle gate sleeps, and clients
// that are between two requests are looked at every keep_alive_ms only.
//
// Every event is handed out once, to one thread (EPOLLET for what stays, EPOLLONESHOT for
// connections): a level-triggered one would wake a second thread for nothing each time.
#include "exporter/http/gate.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace exporter {
namespace {

constexpr std::size_t kScratchBytes = 16 * 1024;
constexpr int kEventsPerTurn = 256;
constexpr int kPauseMs = 5;

int descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  return static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1 << 20));
}

}  // namespace

Gate::Gate(GateOptions options, const Clock& clock, GateWorkers::Answer answer,
           TakesBody takes_body)
    : options_(std::move(options)),
      clock_(clock),
      answer_(std::move(answer)),
      takes_body_(std::move(takes_body)),
      next_id_(kFirstConnectionId),
      scratch_(kScratchBytes) {}

Result<void> Gate::listen() {
  for (const std::string& address : options_.listen_addresses) {
    auto listener = listen_on(address);
    if (!listener) return std::unexpected(listener.error());
    ports_.push_back(listener->port);
    listeners_.push_back(std::move(*listener));
  }
  epoll_.reset(epoll_create1(EPOLL_CLOEXEC));
  wake_.reset(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  spare_ = open_spare();
  if (!epoll_ || !wake_) {
    return fail(ErrorKind::kIo, std::string("epoll: ") + std::strerror(errno));
  }
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.u64 = kWakeId}};
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event);
  event.data.u64 = kFirstListenerId;
  for (const Listener& listener : listeners_) {
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener.fd.get(), &event);
    ++event.data.u64;
  }
  return {};
}

void Gate::start() {
  descriptor_limit_ = descriptor_limit();
  max_connections_ = std::clamp<std::size_t>(static_cast<std::size_t>(descriptor_limit_ / 2), 1,
                                             options_.max_connections);
  slow_workers_.emplace(options_.slow_workers, options_.queue_limit, answer_, [this] { wake(); });
  for (std::size_t i = 0; i < options_.workers + 1; ++i) {
    threads_.emplace_back([this] { run(); });
  }
}

void Gate::stop() {
  if (threads_.empty()) return;
  {
    const std::lock_guard lock(lock_);
    stop_requested_ = true;
  }
  wake();
  threads_.clear();
  slow_workers_.reset();
  while (!connections_.empty()) close(connections_.begin());
}

void Gate::run() {
  std::array<epoll_event, kEventsPerTurn> events;
  std::unique_lock lock(lock_);
  while (!stopping_ || !stop_finished()) {
    const int limit_ms = wait_ms();
    const bool keeps_time = has_deadlines();
    if (keeps_time) ++timekeepers_;
    lock.unlock();
    const int n = epoll_wait(epoll_.get(), events.data(), kEventsPerTurn, limit_ms);
    lock.lock();
    if (keeps_time) --timekeepers_;
    look_at_clock();
    for (int i = 0; i < n; ++i) handle(events[static_cast<std::size_t>(i)].data.u64);
    if (now_ns_ - paused_ns_ >= std::int64_t{kPauseMs} * 1'000'000) pause_accepting(false);
    if (now_ns_ - swept_ns_ >= std::int64_t{options_.sweep_ms} * 1'000'000) sweep();
    if (stop_requested_ && !stopping_) begin_stop();
    serve(lock);
  }
  wake();  // the next one, to end too
}

// Another thread is called only for what it alone can do now.
void Gate::serve(std::unique_lock<std::mutex>& lock) {
  while (!jobs_.empty() && answering_ < options_.workers) {
    const GateJob job = std::move(jobs_.front());
    jobs_.pop_front();
    ++answering_;
    const bool more = !jobs_.empty() && answering_ < options_.workers;
    if (more || (has_deadlines() && timekeepers_ == 0)) wake();
    lock.unlock();
    GateReply answered = answer_(job.request);
    lock.lock();
    --answering_;
    look_at_clock();
    const auto at = connections_.find(job.connection);
    if (at != connections_.end()) reply(at, std::move(answered));
  }
}

bool Gate::has_deadlines() const {
  return stopping_ || accepting_paused_ || std::ranges::any_of(connections_, [](const auto& c) {
           return c.second.state != State::kServing && c.second.state != State::kIdle;
         });
}

bool Gate::has_idle() const {
  return std::ranges::any_of(connections_,
                             [](const auto& c) { return c.second.state == State::kIdle; });
}

int Gate::wait_ms() const {
  if (stopping_ || accepting_paused_) return kPauseMs;
  if (has_deadlines()) return options_.sweep_ms;
  return has_idle() ? static_cast<int>(options_.keep_alive_ms) : -1;
}

void Gate::handle(std::uint64_t id) {
  if (id == kWakeId) return take_answers();
  if (id < kFirstConnectionId) {
    const std::uint64_t index = id - kFirstListenerId;
    if (index < listeners_.size()) accept_clients(listeners_[index].fd.get());
    return;
  }
  const auto at = connections_.find(id);
  if (at == connections_.end()) return;  // evicted earlier in this turn
  switch (at->second.state) {
    case State::kIdle:
      at->second.state = State::kWaiting;
      at->second.since_ns = now_ns_;
      [[fallthrough]];
    case State::kWaiting: return read(at);
    case State::kServing: return;
    case State::kWriting: return write(at);
    case State::kLingering: return at->second.drain(scratch_) ? watch(at, EPOLLIN) : close(at);
  }
}

void Gate::take_answers() {
  for (GateAnswer& answer : slow_workers_->take_answers()) {
    const auto at = connections_.find(answer.connection);
    if (at != connections_.end()) reply(at, std::move(answer.reply));
  }
}

void Gate::sweep() {
  swept_ns_ = now_ns_;
  const auto overdue = [&](const GateConnection& connection, std::int64_t limit_ms) {
    return now_ns_ - connection.since_ns > limit_ms * 1'000'000;
  };
  for (auto at = connections_.begin(); at != connections_.end();) {
    const auto next = std::next(at);
    const GateConnection& connection = at->second;
    if (connection.state == State::kWaiting && overdue(connection, options_.request_deadline_ms)) {
      count(statistics_.request_timeouts);
      close(at);
    } else if (connection.state == State::kWriting &&
               overdue(connection, options_.write_deadline_ms)) {
      count(statistics_.write_timeouts);
      close(at);
    } else if ((connection.state == State::kLingering && overdue(connection, options_.linger_ms)) ||
               (connection.state == State::kIdle && overdue(connection, options_.keep_alive_ms))) {
      close(at);
    }
    at = next;
  }
}

void Gate::begin_stop() {
  stopping_ = true;
  listeners_.clear();
  stop_ns_ = now_ns_ + options_.stop_ms * 1'000'000;
  for (auto at = connections_.begin(); at != connections_.end();) {
    const auto next = std::next(at);
    const State state = at->second.state;
    if (state != State::kServing && state != State::kWriting) close(at);
    at = next;
  }
}

bool Gate::stop_finished() const {
  return now_ns_ >= stop_ns_ || std::ranges::none_of(connections_, [](const auto& c) {
           return c.second.state == State::kServing || c.second.state == State::kWriting;
         });
}

void Gate::read(Connections::iterator at) {
  GateConnection& connection = at->second;
  const std::size_t held = connection.received.size();
  const GateConnection::Read outcome = connection.read(scratch_, takes_body_);
  buffered_bytes_ += connection.received.size() - held;
  switch (outcome) {
    case GateConnection::Read::kClosed: return close(at);
    case GateConnection::Read::kRefused:
      count(statistics_.bad_requests);
      return reply(at, error_reply(connection.refusal));
    case GateConnection::Read::kIncomplete:
      watch(at, EPOLLIN);
      // May close this very connection, so it comes last.
      while (buffered_bytes_ > options_.max_buffered_bytes &&
             evict(nullptr, statistics_.evicted_buffers)) {
      }
      return;
    case GateConnection::Read::kRequest: break;
  }
  connection.request->client_address = connection.client_text;
  if (options_.keep_alive_ms == 0) connection.request->keep_alive = false;
  connection.state = State::kServing;
  forget_received(connection);
  GateJob job{at->first, std::move(*connection.request)};
  const bool slow = options_.is_slow && options_.is_slow(job.request.path);
  if (slow ? slow_workers_->submit(std::move(job)) : submit(std::move(job))) return;
  count(statistics_.queue_full);
  reply(at, error_reply(503));
}

// Those that can be answered at once do not wait.
bool Gate::submit(GateJob job) {
  const std::size_t idle = options_.workers - answering_;
  if (jobs_.size() >= options_.queue_limit + idle) return false;
  jobs_.push_back(std::move(job));
  return true;
}

void Gate::reply(Connections::iterator at, GateReply reply) {
  GateConnection& connection = at->second;
  forget_received(connection);
  connection.reply = std::move(reply);
  connection.state = State::kWriting;
  connection.since_ns = now_ns_;
  pause_accepting(false);
  count(statistics_.responses[static_cast<std::size_t>(connection.reply.status / 100) % 6]);
  write(at);
}

void Gate::write(Connections::iterator at) {
  GateConnection& connection = at->second;
  const std::size_t before = connection.sent;
  const GateConnection::Write outcome = connection.write();
  if (connection.sent > before) {
    connection.since_ns = now_ns_;
    count(statistics_.bytes_written, connection.sent - before);
  }
  if (outcome == GateConnection::Write::kFailed) return close(at);
  if (outcome == GateConnection::Write::kBlocked) return watch(at, EPOLLOUT);
  if (!connection.reply.keep_alive || stopping_) return linger_or_close(at);
  connection.begin_again(now_ns_);
  watch(at, EPOLLIN);
}

// Closing a socket with unread input makes the kernel send a reset, which can take the response
// with it before the client has read it.
void Gate::linger_or_close(Connections::iterator at) {
  GateConnection& connection = at->second;
  const bool input_may_come = connection.reply.status >= 400;
  char byte = 0;
  if (!input_may_come && recv(connection.fd.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0) {
    return close(at);
  }
  shutdown(connection.fd.get(), SHUT_WR);
  connection.reply = {};
  connection.state = State::kLingering;
  connection.since_ns = now_ns_;
  watch(at, EPOLLIN);
}

// For one event.
void Gate::watch(Connections::iterator at, std::uint32_t events) {
  GateConnection& connection = at->second;
  const int operation = connection.is_registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  epoll_event event{.events = events | EPOLLONESHOT, .data = {.u64 = at->first}};
  if (epoll_ctl(epoll_.get(), operation, connection.fd.get(), &event) == 0) {
    connection.is_registered = true;
  }
}

void Gate::forget_received(GateConnection& connection) {
  buffered_bytes_ -= connection.received.size();
  std::string().swap(connection.received);
}

void Gate::close(Connections::iterator at) {
  forget_received(at->second);
  connections_.erase(at);
  statistics_.active.store(connections_.size(), std::memory_order_relaxed);
}

}  // namespace exporter
