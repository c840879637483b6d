// The latest answer of a question that may take long or never be answered: asked on a thread of its
// own at each scrape, taken when it is there. Until the next one the last good answer stands in.
// Used by one thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "exporter/core/deadline_worker.h"
#include "exporter/core/error.h"

namespace exporter {

template <class T>
class Latest {
 public:
  using Ask = std::function<Result<T>()>;

  // what: for the error while there is no answer.
  Latest(std::string what, Ask ask, std::chrono::nanoseconds patience)
      : what_(std::move(what)),
        task_(std::make_shared<Task>(std::move(ask))),
        patience_(patience) {}

  void start() {
    const std::shared_ptr<BlockingTask> task = task_;
    worker_.start({&task, 1});
  }

  // Waits for the answer, at most the patience after start(); for the very first a little longer,
  // since nothing can stand in for it.
  void take() {
    worker_.wait_since_start(first_ ? std::max(patience_, kFirstPatience) : patience_);
    first_ = false;
    stale_ = task_->busy();
    if (stale_) return;
    if (task_->answer) {
      if (*task_->answer) {
        value_ = std::move(**task_->answer);
        error_ = {};
      } else {
        value_.reset();
        error_ = std::unexpected(task_->answer->error());
      }
      task_->answer.reset();
    }
  }

  // Null: there is no answer, and result() says why.
  const T* value() const { return value_ ? &*value_ : nullptr; }
  Result<void> result() const {
    if (value_ || !error_) return error_;
    return fail(ErrorKind::kUnavailable, what_ + ": no answer yet");
  }
  bool stale() const { return stale_ && value_; }

 private:
  static constexpr std::chrono::nanoseconds kFirstPatience = std::chrono::milliseconds(250);

  struct Task final : BlockingTask {
    explicit Task(Ask its_question) : ask(std::move(its_question)) {}
    void run() noexcept override {
      try {
        answer = ask();
      } catch (const std::bad_alloc&) {
        answer = fail(ErrorKind::kIo, "no memory");
      }
    }

    const Ask ask;
    std::optional<Result<T>> answer;
  };

  const std::string what_;
  const std::shared_ptr<Task> task_;
  const std::chrono::nanoseconds patience_;
  DeadlineWorker worker_;
  bool first_ = true;
  bool stale_ = false;
  std::optional<T> value_;
  Result<void> error_;
};

}  // namespace exporter
