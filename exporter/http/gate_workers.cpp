#include "exporter/http/gate_workers.h"

#include <utility>

namespace exporter {

GateWorkers::GateWorkers(std::size_t threads, std::size_t queue_limit, Answer answer,
                         std::function<void()> ready)
    : most_threads_(threads),
      queue_limit_(queue_limit),
      answer_(std::move(answer)),
      ready_(std::move(ready)) {}

bool GateWorkers::submit(GateJob job) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= queue_limit_) return false;
    queue_.push_back(std::move(job));
    if (queue_.size() > idle_ && threads_.size() < most_threads_) {
      threads_.emplace_back([this] { run(); });
    }
  }
  work_.notify_one();
  return true;
}

std::vector<GateAnswer> GateWorkers::take_answers() {
  const std::lock_guard lock(mutex_);
  return std::exchange(answers_, {});
}

void GateWorkers::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  threads_.clear();
}

void GateWorkers::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    work_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    --idle_;
    if (stopping_) return;
    GateJob job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    GateReply reply = answer_(job.request);
    lock.lock();
    answers_.push_back({job.connection, std::move(reply)});
    if (answers_.size() > 1) continue;
    lock.unlock();  // the gate wakes at once and wants the mutex
    ready_();
    lock.lock();
  }
}

}  // namespace exporter
