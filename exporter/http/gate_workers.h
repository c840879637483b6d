// The threads for handlers that have to wait, fed by a bounded queue and made when they are first
// needed. All other handlers render snapshots on the gate's own threads: they never wait for disk,
// network or a lock that is held across either.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "exporter/http/request_head.h"
#include "exporter/http/response.h"

namespace exporter {

struct GateJob {
  std::uint64_t connection = 0;
  HttpRequest request;
};

struct GateAnswer {
  std::uint64_t connection = 0;
  GateReply reply;
};

// submit() and take_answers() are called with the gate's lock held.
class GateWorkers {
 public:
  using Answer = std::function<GateReply(const HttpRequest&)>;  // several threads at once

  // ready is called on a worker's thread when there are answers to take.
  GateWorkers(std::size_t threads, std::size_t queue_limit, Answer answer,
              std::function<void()> ready);
  ~GateWorkers() { stop(); }

  bool submit(GateJob job);  // false: the queue is full
  std::vector<GateAnswer> take_answers();

  // Drops what is queued and waits for what is being answered.
  void stop();

 private:
  void run();

  const std::size_t most_threads_;
  const std::size_t queue_limit_;
  const Answer answer_;
  const std::function<void()> ready_;

  std::mutex mutex_;
  std::condition_variable work_;
  bool stopping_ = false;              // under mutex_
  std::deque<GateJob> queue_;          // under mutex_
  std::vector<GateAnswer> answers_;    // under mutex_
  std::size_t idle_ = 0;               // under mutex_
  std::vector<std::jthread> threads_;  // under mutex_
};

}  // namespace exporter
