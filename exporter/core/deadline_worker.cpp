// Threads are numbered. The one whose number is Shared::in_charge takes tasks off the queue; one
// that comes back from a task and is no longer in charge was given up, says so and ends.
#include "exporter/core/deadline_worker.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <utility>

namespace exporter {
namespace {

using std::chrono::steady_clock;

constinit std::atomic<int> stuck_threads{0};

}  // namespace

struct DeadlineWorker::Shared {
  std::mutex lock;
  std::condition_variable wake;  // for the thread in charge: a task, or the end
  std::condition_variable done;  // for wait(): nothing is left to do
  std::vector<std::shared_ptr<BlockingTask>> queue;
  std::size_t next = 0;
  std::uint64_t in_charge = 0;
  bool running = false;  // the thread in charge is inside a task, since:
  steady_clock::time_point running_since;
  bool stop = false;
  std::vector<std::uint64_t> returned;  // numbers of threads that were stuck and ended

  bool idle() const { return !running && next == queue.size(); }
};

DeadlineWorker::DeadlineWorker() : shared_(std::make_shared<Shared>()) {}

DeadlineWorker::~DeadlineWorker() {
  constexpr auto kGrace = std::chrono::milliseconds(50);
  std::unique_lock lock(shared_->lock);
  shared_->stop = true;
  shared_->queue.clear();
  shared_->next = 0;
  shared_->wake.notify_all();
  if (!shared_->done.wait_for(lock, kGrace, [this] { return shared_->idle(); })) {
    ++shared_->in_charge;
    stuck_threads.fetch_add(1);
    stuck_.push_back(std::move(in_charge_));
  }
  lock.unlock();
  if (in_charge_.thread.joinable()) in_charge_.thread.join();
  join_returned();
  for (Thread& stuck : stuck_) stuck.thread.detach();
}

bool DeadlineWorker::has_stuck_threads() { return stuck_threads.load() > 0; }

void DeadlineWorker::work(const std::shared_ptr<Shared>& shared, std::uint64_t me) {
  std::unique_lock lock(shared->lock);
  for (;;) {
    shared->wake.wait(lock, [&] { return shared->stop || shared->next < shared->queue.size(); });
    if (shared->stop) return;
    const std::shared_ptr<BlockingTask> task = std::move(shared->queue[shared->next++]);
    shared->running = true;
    shared->running_since = steady_clock::now();
    lock.unlock();
    task->run();
    task->busy_.store(false, std::memory_order_release);
    lock.lock();
    if (shared->in_charge != me) {
      shared->returned.push_back(me);
      stuck_threads.fetch_sub(1);
      return;
    }
    shared->running = false;
    if (shared->idle()) {
      shared->queue.clear();
      shared->next = 0;
      shared->done.notify_all();
    }
  }
}

// Without threads to be had the queue stays, and the next start() tries again.
void DeadlineWorker::employ() {
  const std::uint64_t number = in_charge_.number + 1;
  try {
    in_charge_ = {std::thread([shared = shared_, number] { work(shared, number); }), number};
    shared_->in_charge = number;
    cpu_ = -1;
  } catch (const std::system_error&) {
  }
}

// With the lock held.
bool DeadlineWorker::replace() {
  if (stuck_.size() == kMaxStuckThreads) return false;
  const std::uint64_t number = in_charge_.number;
  stuck_threads.fetch_add(1);
  stuck_.push_back(std::move(in_charge_));
  in_charge_ = {{}, number};
  shared_->running = false;
  ++shared_->in_charge;
  employ();
  return true;
}

// Waking a thread on another CPU interrupts that CPU, and on a virtual machine may go through the
// host: ten times the cost of a few statfs calls. So the thread runs where its caller runs, who
// waits for it anyway.
void DeadlineWorker::stay_near() {
  const int cpu = ::sched_getcpu();
  if (cpu == cpu_ || cpu < 0 || cpu >= CPU_SETSIZE || !in_charge_.thread.joinable()) return;
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(cpu, &only);
  ::pthread_setaffinity_np(in_charge_.thread.native_handle(), sizeof only, &only);
  cpu_ = cpu;
}

void DeadlineWorker::join_returned() {
  const std::lock_guard lock(shared_->lock);
  for (const std::uint64_t number : shared_->returned) {
    const auto thread = std::ranges::find(stuck_, number, &Thread::number);
    thread->thread.join();
    stuck_.erase(thread);
  }
  shared_->returned.clear();
}

void DeadlineWorker::start(std::span<const std::shared_ptr<BlockingTask>> tasks) {
  join_returned();
  started_at_ = steady_clock::now();
  std::unique_lock lock(shared_->lock);
  for (const std::shared_ptr<BlockingTask>& task : tasks) {
    if (task->busy()) continue;
    task->busy_.store(true, std::memory_order_relaxed);
    shared_->queue.push_back(task);
  }
  if (!in_charge_.thread.joinable()) employ();
  stay_near();
  lock.unlock();  // so that the thread does not wake only to wait for it
  shared_->wake.notify_all();
}

void DeadlineWorker::wait_since_start(std::chrono::nanoseconds limit) {
  const auto rest = started_at_ + limit - steady_clock::now();
  wait(std::max(rest, steady_clock::duration::zero()));
}

void DeadlineWorker::wait(std::chrono::nanoseconds limit) {
  const auto shortest = limit / 64;
  const auto deadline = steady_clock::now() + limit;
  auto patience = limit / 4;
  std::unique_lock lock(shared_->lock);
  while (!shared_->idle()) {
    const auto now = steady_clock::now();
    if (now >= deadline) return;
    auto until = deadline;
    if (shared_->running) {
      const auto given_up_at = shared_->running_since + patience;
      if (now >= given_up_at && replace()) {
        patience = std::max(patience / 2, shortest);
        continue;
      }
      if (now < given_up_at) until = std::min(until, given_up_at);
    } else if (!in_charge_.thread.joinable()) {
      return;
    }
    shared_->done.wait_until(lock, until);
  }
}

}  // namespace exporter
