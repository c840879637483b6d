// Calls that may never return (statfs on a dead network mount, a bus without answer, a slow
// driver), made on a thread of their own so that a scrape waits for them only as long as it wants.
//
// One thread runs the tasks in order. When a task does not end in time, its thread is left to it
// and a new thread goes on with the rest. A busy task is never started again, so there is at most
// one thread per stuck task, and there are at most kMaxStuckThreads per worker. A thread whose task
// ends after all ends with it.
//
// A thread that is stuck in the kernel can be neither ended nor joined. It owns all that it will
// touch, so the worker can go before it, without waiting; the destructors of static objects must
// not run under it, though: a process leaves with _Exit while has_stuck_threads().
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <thread>
#include <vector>

namespace exporter {

class BlockingTask {
 public:
  virtual ~BlockingTask() = default;

  // While a task is busy its data belong to the worker's thread, else to its owner.
  bool busy() const { return busy_.load(std::memory_order_acquire); }

 private:
  friend class DeadlineWorker;
  // On the worker's thread. Touches nothing but what the task owns or shares.
  virtual void run() noexcept = 0;

  std::atomic<bool> busy_ = false;
};

// Used by one thread.
class DeadlineWorker {
 public:
  static constexpr std::size_t kMaxStuckThreads = 64;

  DeadlineWorker();
  ~DeadlineWorker();
  DeadlineWorker(const DeadlineWorker&) = delete;
  DeadlineWorker& operator=(const DeadlineWorker&) = delete;

  // Queues those tasks that are not busy and wakes the thread once. Returns at once.
  void start(std::span<const std::shared_ptr<BlockingTask>> tasks);

  // Waits until every task that could be run has ended, at most limit. Gives up on a task that
  // takes a quarter of the limit, sooner on the next.
  void wait(std::chrono::nanoseconds limit);

  // Likewise, at most limit after the last start(): so the times of several workers do not add up.
  void wait_since_start(std::chrono::nanoseconds limit);

  // In this process, of all workers.
  static bool has_stuck_threads();

 private:
  struct Shared;
  struct Thread {
    std::thread thread;
    std::uint64_t number = 0;
  };

  static void work(const std::shared_ptr<Shared>& shared, std::uint64_t me);
  void employ();
  bool replace();
  void stay_near();
  void join_returned();

  const std::shared_ptr<Shared> shared_;
  Thread in_charge_;
  std::chrono::steady_clock::time_point started_at_;
  int cpu_ = -1;  // where the thread in charge is kept
  std::vector<Thread> stuck_;
};

}  // namespace exporter
